"""What was found in foreign texts, and what was not looked at."""

from auditor.collectors.nas.observation import with_unfinished
from auditor.detector.judgement import SecretJudge
from auditor.detector.search import MOST_CANDIDATES
from auditor.model.facts.nas import Nas, NasSlot

NOW = "2026-02-01T03:00:00Z"


def test_a_text_that_was_not_searched_whole_is_a_gap_and_keeps_what_was_found() -> None:
    judge = SecretJudge(b"k" * 32)
    text = "".join(f"TOKEN=abcZ{number:06}\n" for number in range(MOST_CANDIDATES + 5))
    assert len(list(judge(text, "container:blue:env:X"))) == MOST_CANDIDATES
    assert judge.unfinished == ("container:blue:env:X",)
    facts = Nas(available=True, observed_at=NOW, access="probe", slots=(NasSlot(name="blue", port=1),))
    (gap,) = with_unfinished(facts, judge.unfinished).gaps
    assert gap.pointer == "/nas/slots/0/container/secrets"
    assert "container:blue:env:X" in gap.reason


def test_a_text_that_was_searched_whole_is_none() -> None:
    judge = SecretJudge(b"k" * 32)
    assert list(judge("PATH=/bin", "container:blue:env:PATH")) == []
    facts = Nas(available=True, observed_at=NOW, access="probe", slots=())
    assert with_unfinished(facts, judge.unfinished) == facts
