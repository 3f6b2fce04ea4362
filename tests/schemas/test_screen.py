import pytest

from schemas.screen import PATTERNS, DenyList, in_id, in_role, in_text

LEGAL = [
    "The system shall be used only for the investigation and prevention of terrorist acts and serious crimes.",
    "An act of expressing an opinion or criticism shall not, in and of itself, constitute a terrorist act.",
    "Use must follow national law, including privacy regulation; approvals are sought before use (Article 5(2)).",
    "Regulation (EU) 2021/821, Art. 2(20); Council Framework Decision 2002/475/JHA; 15 CFR 750.8; 89 FR 60998.",
    "Items 5A001.f.1, 4D004 and 5A004.b; NATIONAL:XA:7B-001; EAR99; HS 8525.89.00.",
    "Not more than 40 simultaneous targets, 1,200 cameras and 10 000 records; retention 365 days; notice in 72 hours.",
    "1.2.3.4 The licensee reports every 90 days, first by 31.03.2024, then yearly (see § 742.13 and clause 4.1.2.3).",
    "Signed on 2024-03-04 by the Minister of the Interior; countersigned by the Director General, Export Control.",
    "A proposal of the project, not calibrated; design paper, section 3; domain paper 2.1, S33; 60 + 60 days.",
    "Mr President of the Court shall be informed. The Prosecutor General decides.",
    "Die Ausfuhr bedarf der Genehmigung nach § 5 Abs. 1 Nr. 2 AWV; der Bundesminister des Innern ist zu unterrichten.",
    "L'utilisation est limitée à la lutte contre le terrorisme (article L. 811-3); M. le Ministre en est informé.",
    "El uso se limita a delitos graves con pena de 6 años o más; el Ministro del Interior responde.",
    "Использование разрешено только для борьбы с терроризмом. Министр внутренних дел несёт ответственность.",
    "يقتصر الاستخدام على مكافحة الإرهاب والجرائم الخطيرة. وزير الداخلية مسؤول.",
    "השימוש מוגבל למניעת טרור ופשיעה חמורה. שר הביטחון אחראי.",
    "本系统仅限用于反恐和打击严重犯罪，由公安部长负责。",
    "本装置はテロ及び重大犯罪の捜査にのみ使用する。内務大臣が責任を負う。",
    "이 시스템은 테러 및 중대 범죄 수사에만 사용한다. 내무부 장관이 책임진다.",
]
NAMED = [
    "Directorate of State Protection", "Veltrane Systems Ltd.", "Q Cyber Technologies SARL",
    "Agence nationale de sécurité",
    "Bundesamt für Verfassungsschutz", "Федеральная служба безопасности", "وزارة الداخلية", "جهاز أمن الدولة",
    "משרד הביטחון", "国家安全部", "警察庁警備局", "국가정보원", "Служба безпеки", "Εθνική Υπηρεσία Πληροφοριών",
    "กรมสอบสวนคดีพิเศษ", "गृह मंत्रालय", "ሰላም ሚኒስቴር", "Dr.Web", "M-Trends", "AE Industrial Partners",
    "Hacking Team S.r.l.", "P. & M. Kordeva GmbH", "3M Cogent", "SS8 Networks", "Unit 8200-7", "XA-LIC-2024-000123",
    "Office 39", "Group 74", "NightJar 4.2.1", "20/20 Optics", "Booking.com",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda each: f"{each.kind}: {each.refused[0]}")
def test_each_pattern_finds_what_it_must(pattern):
    for text in pattern.refused:
        found = [problem.found for problem in in_text(text)]
        assert f"text that holds {pattern.kind}" in found, text


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda each: f"{each.kind}: {each.passed[0]}")
def test_near_misses_pass_the_whole_screen(pattern):
    for text in pattern.passed:
        assert in_text(text) == [], text


@pytest.mark.parametrize("text", LEGAL)
def test_legal_text_passes(text):
    assert in_text(text) == []


@pytest.mark.parametrize("name", NAMED)
def test_names_of_organizations_and_numbers_of_records_pass(name):
    assert in_text(name) == []


def test_what_is_found_is_never_repeated():
    secret = "Mrs Ovari lives at 48.85837, 2.29448, tel. 0170 1234567, someone@mail.example, @nightowl"
    problems = in_text(secret)
    told = " ".join(problem.found + problem.expected for problem in problems)
    assert len(problems) >= 5
    assert not any(part in told for part in ("Ovari", "48.8", "0170", "someone", "nightowl"))


@pytest.mark.parametrize("ref", ["someone@mail.example", "case-+4917012345678", "@nightowl", "imei-352099001761481"])
def test_ids_made_of_addresses_and_numbers_are_refused(ref):
    assert in_id(ref)


@pytest.mark.parametrize(
    "ref", ["XA-2024-000123", "a@1", "20240304120000123", "lab-a:report/7#2", "SN+00112233", "D-2026-0031"]
)
def test_ids_of_registers_pass(ref):
    assert in_id(ref) == []


def test_role_address_passes_and_person_does_not():
    assert in_role("export.control@agency.example") == []
    assert in_role("Licensing officer, desk 4") == []
    assert in_role("Mrs Ovari")
    assert in_role("+49 170 1234567")


def test_denied_words_are_found_in_any_case_and_never_kept(tmp_path):
    DenyList.of(["Tandelo Quill", "Kvietkova"]).write(tmp_path / "denied")
    denied = DenyList.read(tmp_path / "denied")
    assert "quill" not in (tmp_path / "denied").read_text().lower()
    assert in_text("the file of TANDELO  quill", denied)
    assert in_text("kvietkova", denied)
    assert in_id("kvietkova-7", denied)
    assert in_text("a quill and a tandelo", denied) == []


def test_deny_list_that_is_not_hexadecimal_is_refused_by_its_line(tmp_path):
    (tmp_path / "denied").write_text("00112233445566778899aabbccddeeff\nTandelo\n")
    with pytest.raises(ValueError, match="line 2: 7 characters"):
        DenyList.read(tmp_path / "denied")


def test_text_of_the_greatest_length_is_screened_quickly():
    import time

    begun = time.perf_counter()
    for text in ("a" * 4000, "1." * 2000, "0 " * 2000, "a@" * 2000, "M. " * 1300, "( )" * 1300, "1:" * 2000):
        in_text(text)
    assert time.perf_counter() - begun < 2
