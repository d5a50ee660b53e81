"""Rules as data to rules that can be judged: every expression checked against the facts' types, all errors at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from auditor.document import Problem
from auditor.errors import ConfigError
from auditor.frozen import frozen
from auditor.model.facts.snapshot import SOURCES
from auditor.model.rules import Rule
from auditor.policy.expressions import INDEX, ITEMS, Checker, ExpressionError
from auditor.policy.reading import Vocabulary
from auditor.policy.template import Slot, TemplateError, parse_template

# the trees of commits are Gitea's: what can't be read of them is Gitea's fault
_SOURCE_OF_ROOT = {**{name: name for name in SOURCES}, "canon": "gitea"}

_ELEMENT = "*"

Locate = Callable[[Rule, str, int, int, str], Problem]


@frozen
class Part:
    """A piece of a template: literal text, or the expression whose value stands there."""

    text: str = ""
    code: bytes | None = None


@frozen
class Named:
    """A compiled expression and the name under which its value is shown."""

    name: str
    code: bytes


@frozen
class RootUse:
    """A root of the facts and those of its members that a rule's expressions name; None: the root as a whole."""

    root: str
    members: tuple[str, ...] | None


@frozen
class CompiledRule:
    """A rule with its expressions compiled; `reads` are the JSON pointers of the facts that decide its outcome.

    `offenders` gives, for a list bound to the checker's items, the indexes of its failing elements.
    """

    rule: Rule
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    roots: tuple[RootUse, ...]
    assertion: bytes
    message: tuple[Part, ...]
    subject: tuple[Part, ...]
    remediation: tuple[Part, ...]
    when: bytes | None = None
    offenders: bytes | None = None
    applies: bytes | None = None
    content: bytes | None = None
    evidence: tuple[Named, ...] = ()
    location: tuple[Named, ...] = ()


def compile_rules(rules: tuple[Rule, ...], vocabulary: Vocabulary, locate: Locate) -> tuple[CompiledRule, ...]:
    """All enabled rules compiled; raises ConfigError with every error, each at the place that `locate` gives.

    `locate(rule, field, line, column, message)` is what is wrong at a position inside a field's text, with the file's
    own line and column.
    """
    compiled, problems = _compiled(rules, vocabulary, locate)
    if problems:
        raise ConfigError(*map(str, problems))
    return compiled


def expression_problems(rules: tuple[Rule, ...], vocabulary: Vocabulary, locate: Locate) -> tuple[Problem, ...]:
    """Everything for which `compile_rules` would refuse the rules."""
    return _compiled(rules, vocabulary, locate)[1]


def _compiled(
    rules: tuple[Rule, ...], vocabulary: Vocabulary, locate: Locate
) -> tuple[tuple[CompiledRule, ...], tuple[Problem, ...]]:
    checker = Checker(vocabulary.definitions, vocabulary.roots)
    works = [_Work(rule, vocabulary, checker, locate) for rule in rules if rule.enabled]
    compiled = [work.compile() for work in works]
    problems = tuple(problem for work in works for problem in work.problems)
    return tuple(rule for rule in compiled if rule is not None), problems


@dataclass
class _Work:
    """The compilation of one rule; errors are gathered, not raised, so that the reader sees them all."""

    rule: Rule
    vocabulary: Vocabulary
    checker: Checker
    locate: Locate
    problems: list[Problem] = field(default_factory=list)
    definition: str | None = None

    def compile(self) -> CompiledRule | None:
        rule = self.rule
        if rule.for_each is not None:
            self.definition = self.vocabulary.items(rule.for_each)
            if self.definition is None:
                self._problem("for_each", 1, 1, f"no such list of facts: '{rule.for_each}'")
                return None
        reads = self._reads((rule.when, rule.assertion))
        needs = rule.needs if rule.needs is not None else _sources(reads)
        when = self._expression("when", rule.when, "BOOL")
        compiled = CompiledRule(
            rule=rule,
            needs=needs,
            reads=reads,
            roots=_roots(self._names(_texts(rule, self._subject(needs)))),
            when=when,
            assertion=self._expression("assert", rule.assertion, "BOOL") or b"",
            message=self._template("message", rule.message),
            subject=self._template("subject", self._subject(needs)),
            remediation=self._template("remediation", rule.remediation),
            content=self._expression("content", rule.content, "STRING"),
            evidence=self._named("evidence", {one.name: one.expression for one in rule.evidence}),
            location=self._named("location", vars(rule.location)),
        )
        return None if self.problems else self._with_bulk(compiled)

    def _reads(self, texts: Iterable[str | None]) -> tuple[str, ...]:
        rule = self.rule
        variables = {}
        found: set[str] = set()
        if rule.for_each and rule.variable:
            pointer = "/" + rule.for_each.replace(".", "/")
            variables[rule.variable] = f"{pointer}/*"
            found.add(pointer)
        for text in texts:
            found |= self.vocabulary.reads(text or "", variables)
        return tuple(sorted(found))

    def _names(self, texts: Iterable[str | None]) -> tuple[str, ...]:
        """What the expressions name beside the element: the list that it comes from needn't be converted for each."""
        variables = {self.rule.variable: _ELEMENT} if self.rule.variable else {}
        found: set[str] = set()
        for text in texts:
            found |= self.vocabulary.reads(text or "", variables)
        return tuple(sorted(pointer for pointer in found if not pointer.startswith(_ELEMENT)))

    def _subject(self, needs: tuple[str, ...]) -> str:
        rule = self.rule
        source = source_of(rule, needs)
        if rule.subject is not None:
            return rule.subject
        if rule.variable and rule.key:
            return f"{source}:{rule.variable}:{{{rule.key}}}"
        return f"{source}:rule:{rule.id}"

    def _with_bulk(self, compiled: CompiledRule) -> CompiledRule:
        """One evaluation finds the offenders of a whole chunk: see policy.md §5.3."""
        rule = self.rule
        if rule.for_each is None:
            return compiled
        guard = f"!({rule.when}\n) || " if rule.when else ""
        offends = f"!({guard}({rule.assertion}\n))"
        bulk = {
            "offenders": self._expression(
                "assert", f"{ITEMS}.transformList({INDEX}, {rule.variable}, {offends}, {INDEX})", None
            ),
            "applies": self._expression("when", f"{ITEMS}.exists({rule.variable}, {rule.when})", "BOOL")
            if rule.when
            else None,
        }
        return CompiledRule(**{**vars(compiled), **bulk})

    def _named(self, field_name: str, expressions: Mapping[str, str | None]) -> tuple[Named, ...]:
        compiled = {name: self._expression(f"{field_name}.{name}", text, None) for name, text in expressions.items()}
        return tuple(Named(name=name, code=code) for name, code in compiled.items() if code is not None)

    def _template(self, name: str, text: str) -> tuple[Part, ...]:
        try:
            parts = parse_template(text)
        except TemplateError as error:
            self._problem(name, *_position(text, error.offset), str(error))
            return ()
        return tuple(self._slot(name, text, part) if isinstance(part, Slot) else Part(text=part) for part in parts)

    def _slot(self, name: str, text: str, slot: Slot) -> Part:
        line, column = _position(text, slot.offset)
        return Part(code=self._expression(name, slot.expression, None, line, column))

    def _expression(
        self,
        name: str,
        text: str | None,
        wanted: str | None,
        line: int = 1,
        column: int = 1,
    ) -> bytes | None:
        if text is None:
            return None
        try:
            return self.checker.compile(text, variable=self.rule.variable, definition=self.definition, wanted=wanted)
        except ExpressionError as error:
            for problem in error.problems:
                first = problem.line == 1
                self._problem(
                    name,
                    line + problem.line - 1,
                    problem.column + (column - 1 if first else 0),
                    problem.message,
                )
            return None

    def _problem(self, name: str, line: int, column: int, message: str) -> None:
        self.problems.append(self.locate(self.rule, name, line, column, message))


def _texts(rule: Rule, subject: str) -> Iterator[str | None]:
    """Every expression of a rule."""
    yield from (rule.when, rule.assertion, rule.content, *vars(rule.location).values())
    yield from (one.expression for one in rule.evidence)
    for template in (rule.message, rule.remediation, subject):
        with suppress(TemplateError):  # said where the template itself is compiled
            yield from (part.expression for part in parse_template(template) if isinstance(part, Slot))


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def source_of(rule: Rule, needs: tuple[str, ...]) -> str:
    """The source that a finding of the rule as a whole is about: the one it is named after, else the first it needs."""
    prefix = rule.id.partition("-")[0]
    return prefix if prefix in SOURCES else needs[0].partition("|")[0] if needs else "audit"


def _sources(reads: tuple[str, ...]) -> tuple[str, ...]:
    """The sources among the roots that are read, in the order of the catalogue."""
    read = {_SOURCE_OF_ROOT.get(pointer.split("/")[1]) for pointer in reads}
    return tuple(name for name in SOURCES if name in read)


def _roots(reads: tuple[str, ...]) -> tuple[RootUse, ...]:
    """Which members of each root are read."""
    members: dict[str, set[str] | None] = {}
    for pointer in reads:
        _, root, *rest = pointer.split("/")
        known = members.setdefault(root, set())
        if not rest:
            members[root] = None
        elif known is not None:
            known.add(rest[0])
    return tuple(
        RootUse(root=root, members=None if names is None else tuple(sorted(names)))
        for root, names in sorted(members.items())
    )
