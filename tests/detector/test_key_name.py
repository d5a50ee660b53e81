import pytest

from auditor.detector.key_name import looks_secret

SECRET = """API_TOKEN GITEA_TOKEN TOKEN tokens SECRET CLIENT_SECRET SECRET_KEY_BASE DB_PASSWORD MYSQL_PASSWORD PASSWD
DBPASSWORD SMTP_PASS API_KEY apiKey STRIPE_KEY PRIVATE_KEY SSH_PRIVATE_KEY AWS_SECRET_ACCESS_KEY GOOGLE_CREDENTIALS
BASIC_AUTH AUTH NPM_AUTH_TOKEN SESSION_COOKIE JWT_SECRET SENTRY_DSN SLACK_WEBHOOK github-pat secretKey
PUBLIC_API_TOKEN PUBLIC_CLIENT_SECRET NEXT_PUBLIC_DB_PASSWORD PUBLIC_PRIVATE_KEY"""

HARMLESS = """PUBLIC_GITEA_BASE PUBLIC_GITEA_OWNER PUBLIC_GITEA_REPO PUBLIC_KEY PUBLIC_API_KEY NEXT_PUBLIC_MAPS_KEY
PUBLIC_AUTH_URL PORT HOST NODE_ENV DEBUG AUTHOR COMMIT_AUTHOR_NAME KEYBOARD COMPASS PWD TOKEN_URL
TOKEN_LIFETIME SECRET_NAME SSH_KEY_FILE AWS_ACCESS_KEY_ID STRIPE_PUBLISHABLE_KEY PATH LOG_PATH DATABASE PASSENGER"""


@pytest.mark.parametrize("key", SECRET.split())
def test_the_name_of_a_secret_is_known(key: str) -> None:
    assert looks_secret(key)


@pytest.mark.parametrize("key", HARMLESS.split())
def test_a_harmless_name_is_none(key: str) -> None:
    assert not looks_secret(key)


def test_public_excuses_what_may_be_public_and_nothing_else() -> None:
    assert looks_secret("MAPS_API_KEY")
    assert not looks_secret("PUBLIC_MAPS_API_KEY")
    assert looks_secret("PUBLIC_MAPS_API_SECRET")
