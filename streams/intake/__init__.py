"""The producer API and its forms: what turns bytes from outside into facts in the log, or says why not.

door       reads, permits, compares, sends          index     what the log has, by fact and receipt
routes     HTTP: facts, receipts, officers' reads   forms     two web forms, without a script
openapi    the API's description, from the types    answers   results, receipts, problem details
client     for the other commands                   recipes   public lists and bundles to drafts of incidents
"""
