from auditor.policy.reading import Vocabulary, covers, element_of, touches


def test_paths_are_read_through_strings_macros_and_calls(vocabulary: Vocabulary) -> None:
    text = "nas.slots.exists(s, s.head == 'gitea.main') && gitea.checks.size() > 0 && nas . commit != ''"
    assert vocabulary.reads(text, {}) == {"/nas/slots", "/gitea/checks", "/nas/commit"}


def test_a_root_of_which_no_member_is_named_counts_whole(vocabulary: Vocabulary) -> None:
    assert vocabulary.reads("f(nas)", {}) == {"/nas"}
    assert vocabulary.reads("nas['commit']", {}) == {"/nas"}


def test_a_member_of_another_name_is_no_root(vocabulary: Vocabulary) -> None:
    assert vocabulary.reads("slot.nas.commit", {"slot": "/x/*"}) == {"/x/*/nas/commit"}


def test_a_gap_touches_what_it_may_hide() -> None:
    assert touches("/nas/slots/*/head", "/nas/slots/3/head")
    assert touches("/nas/slots/*/head", "/nas")
    assert touches("/nas/slots", "/nas/slots/3/head")
    assert not touches("/nas/slots/2/head", "/nas/slots/3/head")
    assert not touches("/nas/commit", "/nas/slots")


def test_a_gap_covers_only_what_it_speaks_of_as_a_whole() -> None:
    assert covers("/nas/slots", "/nas/slots/*/head")
    assert covers("/nas/slots", "/nas/slots")
    assert not covers("/nas/slots/3/head", "/nas/slots")


def test_a_gap_is_about_one_element_where_it_names_its_place() -> None:
    assert element_of("/image/slots/12/of_commit", "image.slots") == 12
    assert element_of("/image/slots/1", "image.slots") == 1
    for gap in ("/image/slots", "/image/slots/*/x", "/image", "/nas/slots/1"):
        assert element_of(gap, "image.slots") is None
