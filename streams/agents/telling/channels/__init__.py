"""Ways out of the house: a mailbox file, a mail server, a webhook; and the outbox that remembers what is on its way."""
