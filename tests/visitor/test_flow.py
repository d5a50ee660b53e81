"""The way through a page, on pages that are told as a table: what each press brings or opens."""

from collections.abc import Mapping

from auditor.transports.browser.tab import Element
from auditor.transports.browser.traffic import Opened
from auditor.visitor.flow import Trail, follow

URL = "https://www.example.net/"


def button(text: str, *, kind: str = "button", group: str = "", named: bool = False) -> Element:
    return Element(text=text, kind=kind, group=group, ordinal=0, named=named)


START = button("Proposer", named=True)
TEXT, CODE, CANCEL = button("Un texte"), button("Le code"), button("Annuler")


class TableTab:
    """A tab whose page is a table: by what was pressed in turn, the elements that are then seen, or what opens."""

    def __init__(self, pages: Mapping[tuple[str, ...], tuple[Element, ...] | str], moves: tuple[str, ...] = ()) -> None:
        self._pages = pages
        self._moves = moves
        self._pressed: list[str] = []
        self.loads = 0
        self.blocked: tuple[str, ...] = ()

    @property
    def opened(self) -> tuple[Opened, ...]:
        found = self._pages.get(tuple(self._pressed))
        return (Opened("window.open", found),) if isinstance(found, str) else ()

    @property
    def address(self) -> str:
        return URL + "".join(one for one in self._pressed if one in self._moves)

    def load(self, url: str) -> None:
        assert url == URL
        self.loads += 1
        self._pressed.clear()

    def elements(self) -> tuple[Element, ...]:
        found = self._pages.get(tuple(self._pressed), ())
        return found if isinstance(found, tuple) else ()

    def press(self, element: Element) -> bool:
        assert element in self.elements()
        self._pressed.append(element.text)
        return True

    def press_selector(self, selector: str) -> bool:
        if selector != "#propose":
            return False
        self._pressed.append(selector)
        return True


def trails(tab: TableTab, *flow: str) -> list[Trail]:
    return list(follow(tab, URL, flow, lambda: False))


def ends(tab: TableTab, *flow: str) -> dict[tuple[str, ...], str | None]:
    return {one.steps: one.opened[0].url if one.opened else None for one in trails(tab, *flow)}


def test_a_button_that_opens_at_once_is_one_trail() -> None:
    tab = TableTab({(): (button("Menu"), START), ("Proposer",): "a"})
    assert ends(tab) == {("Proposer",): "a"}
    assert tab.loads == 1


def test_each_of_two_choices_is_tried_to_its_end_and_closing_is_none() -> None:
    second = (START, button("Une faute"), button("Une idée"), CANCEL)
    tab = TableTab(
        {
            (): (START,),
            ("Proposer",): (START, TEXT, CODE, CANCEL),
            ("Proposer", "Un texte"): second,
            ("Proposer", "Un texte", "Une faute"): "a",
            ("Proposer", "Un texte", "Une idée"): "b",
            ("Proposer", "Le code"): "c",
        }
    )
    assert ends(tab) == {
        ("Proposer", "Un texte", "Une faute"): "a",
        ("Proposer", "Un texte", "Une idée"): "b",
        ("Proposer", "Le code"): "c",
    }


def test_a_choice_of_a_group_is_made_before_what_sends_it() -> None:
    faults = button("Faute", kind="radio", group="radio:kind"), button("Idée", kind="radio", group="radio:kind")
    send = button("Continuer", kind="submit")
    opened = (*faults, send)
    tab = TableTab(
        {
            (): (START,),
            ("Proposer",): opened,
            ("Proposer", "Faute"): opened,
            ("Proposer", "Faute", "Continuer"): "a",
            ("Proposer", "Idée"): opened,
            ("Proposer", "Idée", "Continuer"): "b",
        }
    )
    assert ends(tab) == {("Proposer", "Faute", "Continuer"): "a", ("Proposer", "Idée", "Continuer"): "b"}


def test_what_opens_when_the_page_is_loaded_has_no_steps_and_the_button_is_still_pressed() -> None:
    class Eager(TableTab):
        @property
        def opened(self) -> tuple[Opened, ...]:
            return super().opened or ((Opened("navigation", "at once"),) if not self._pressed else ())

    tab = Eager({(): (START,), ("Proposer",): "a"})
    assert ends(tab) == {(): "at once", ("Proposer",): "a"}


def test_a_button_behind_which_nothing_happens_is_a_trail_without_an_end() -> None:
    assert ends(TableTab({(): (START, CODE), ("Proposer",): (START, CODE)})) == {("Proposer",): None}


def test_a_page_that_proposes_nothing_has_no_trail() -> None:
    assert trails(TableTab({(): (CODE,)})) == []


def test_on_another_page_only_what_proposes_or_is_no_link_is_pressed() -> None:
    home = button("Accueil", kind="link")
    tab = TableTab(
        {(): (START,), ("Proposer",): (home, TEXT, CODE), ("Proposer", "Un texte"): "a", ("Proposer", "Le code"): "b"},
        moves=("Proposer",),
    )
    assert ends(tab) == {("Proposer", "Un texte"): "a", ("Proposer", "Le code"): "b"}


def test_a_page_that_offers_without_end_is_left() -> None:
    class Endless(TableTab):
        def elements(self) -> tuple[Element, ...]:
            depth = len(self._pressed)
            return tuple(button(f"{depth}.{number}", named=not depth) for number in range(5))

    found = trails(Endless({}))
    assert len(found) == 16
    assert {len(one.steps) for one in found} == {5}


def test_nothing_more_is_pressed_when_the_time_is_over() -> None:
    tab = TableTab({(): (START,), ("Proposer",): "a"})
    assert list(follow(tab, URL, (), lambda: True)) == []


def test_a_configured_way_is_followed_by_text_and_by_selector() -> None:
    pages = {
        (): (button("Ne rien proposer"), button("proposer")),
        ("proposer",): (TEXT,),
        ("proposer", "Un texte"): "a",
    }
    assert ends(TableTab(pages), "Proposer", "texte") == {("Proposer", "texte"): "a"}
    assert ends(TableTab({("#propose",): "b"}), "#propose") == {("#propose",): "b"}


def test_a_configured_way_that_is_not_there_ends_where_it_stops() -> None:
    assert ends(TableTab({(): (START,), ("Proposer",): (TEXT,)}), "Proposer", "Rien") == {("Proposer",): None}
