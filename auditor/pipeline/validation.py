"""Everything that is wrong with a policy file, at once: its shape, what contradicts itself, what its rules misspell."""

from auditor.config import Config
from auditor.config.loader import Chain, Loaded, find_problems, in_order, load_chain
from auditor.errors import ConfigError
from auditor.pipeline.evaluation import vocabulary
from auditor.policy.compiler import expression_problems
from auditor.policy.loader import load_drafts, load_policy


def check_chain(chain: Chain, config: Config | None = None) -> Loaded:
    """The configuration of a file without fault; raises ConfigError with every error, those of its rules among them.

    `config` is the site of a chain that names none.
    """
    problems = find_problems(chain)
    if problems:
        rules, locate = load_drafts(chain.documents[1:], problems)
    else:
        loaded = load_chain(chain, config, validated=True)
        policy, locate = load_policy(loaded)
        rules = policy.rules
    problems += expression_problems(rules, vocabulary(), locate)
    if problems:
        raise ConfigError(*map(str, in_order(problems, chain)))
    return loaded
