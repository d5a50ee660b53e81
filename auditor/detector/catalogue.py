"""All kinds of secrets, the most particular first: a place that one of them took is not asked of the next."""

from auditor.detector.context import app_secret, gitea_token, header, json_web_token, key_file, named_value, url_part
from auditor.detector.kind import Kind, kind, token_kind

_NAMES = (
    "token secret passw pwd passphrase credential private apikey key auth salt pepper hmac jwt bearer cookie dsn"
    " webhook pass pw pat signature signing cert"
)
_B64 = "[A-Za-z0-9_-]"

PARTICULAR: tuple[Kind, ...] = (
    kind(
        "private-key",
        "private key",
        "-----begin",
        r"(?P<value>-----BEGIN (?:[A-Z0-9]{2,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----)",
        key_file,
    ),
    kind("putty-key", "PuTTY private key", "putty-user-key-file", r"(?P<value>PuTTY-User-Key-File-[23]:)", key_file),
    token_kind("age-key", "age private key", "AGE-SECRET-KEY-1", "[0-9A-Z]{40,80}"),
    token_kind("gitea-oauth-secret", "Gitea OAuth client secret", "gto_", r"[a-z2-7]{52}\b"),
    token_kind("gitea-oauth-code", "Gitea OAuth authorisation code", "gta_", r"[a-z2-7]{52}\b"),
    token_kind("github-token", "GitHub token", "gh[oprsu]_", r"[A-Za-z0-9]{36,255}\b", "gho_ ghp_ ghr_ ghs_ ghu_"),
    token_kind("github-token", "GitHub token", "github_pat_", r"[A-Za-z0-9_]{50,255}\b"),
    token_kind(
        "gitlab-token",
        "GitLab token",
        "gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-",
        r"[A-Za-z0-9_.-]{18,300}",
        "glpat- glptt- gldt- glrt- glcbt- glsoat- glft- glimt- glagent- gloas-",
    ),
    token_kind(
        "slack-token", "Slack token", "xox[abeprs]-", "[A-Za-z0-9-]{10,250}", "xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-"
    ),
    token_kind("slack-token", "Slack app token", "xapp-", "[0-9]-[A-Za-z0-9-]{10,250}"),
    token_kind(
        "slack-webhook",
        "Slack webhook",
        "hooks\\.slack\\.com/",
        "(?:services|workflows|triggers)/[A-Za-z0-9_/-]{20,200}",
    ),
    token_kind(
        "discord-webhook",
        "Discord webhook",
        "discord(?:app)?\\.com/api/webhooks/",
        r"[0-9]{15,22}/[\w-]{40,100}",
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
    ),
    token_kind("aws-access-key", "AWS access key", "A(?:KIA|SIA|BIA|CCA)", r"[A-Z2-7]{16}\b", "akia asia abia acca"),
    token_kind(
        "stripe-key", "Stripe key", "[rs]k_(?:live|test)_", "[A-Za-z0-9]{10,250}", "sk_live_ rk_live_ sk_test_ rk_test_"
    ),
    token_kind("stripe-key", "Stripe webhook secret", "whsec_", "[A-Za-z0-9+/=]{24,120}"),
    token_kind("npm-token", "npm token", "npm_", r"[A-Za-z0-9]{36}\b"),
    token_kind("pypi-token", "PyPI token", "pypi-", "AgE[A-Za-z0-9_-]{50,1000}", "pypi-age"),
    token_kind("google-api-key", "Google API key", "AIza", "[A-Za-z0-9_-]{35}"),
    token_kind("google-oauth", "Google OAuth secret", "GOCSPX-", "[A-Za-z0-9_-]{28}"),
    token_kind("google-oauth", "Google OAuth token", "ya29\\.", "[A-Za-z0-9_-]{30,1000}"),
    token_kind("sendgrid-key", "SendGrid key", "SG\\.", "[A-Za-z0-9_-]{16,32}[.][A-Za-z0-9_-]{30,64}"),
    token_kind("mailgun-key", "Mailgun key", "key-", r"[0-9a-f]{32}\b"),
    token_kind("digitalocean-token", "DigitalOcean token", "do[opr]_v1_", r"[0-9a-f]{64}\b", "doo_v1_ dop_v1_ dor_v1_"),
    token_kind(
        "shopify-token", "Shopify token", "shp(?:at|ca|pa|ss)_", r"[0-9a-fA-F]{32}\b", "shpat_ shpca_ shppa_ shpss_"
    ),
    token_kind("huggingface-token", "Hugging Face token", "hf_", r"[A-Za-z0-9]{34,40}\b"),
    token_kind("anthropic-key", "Anthropic key", "sk-ant-", "[A-Za-z0-9_-]{20,200}"),
    token_kind(
        "openai-key",
        "OpenAI key",
        "sk-(?:proj|svcacct|admin|None)-",
        "[A-Za-z0-9_-]{20,300}",
        "sk-proj- sk-svcacct- sk-admin- sk-none-",
    ),
    token_kind("openai-key", "OpenAI key", "sk-", r"[A-Za-z0-9]{48}\b"),
    kind("telegram-token", "Telegram bot token", ":aa", rf"\b(?P<value>[0-9]{{8,10}}:AA{_B64}{{33}})", before=20),
    token_kind("docker-token", "Docker Hub token", "dckr_(?:pat|oat)_", "[A-Za-z0-9_-]{27,36}", "dckr_pat_ dckr_oat_"),
    token_kind("vault-token", "Vault token", "hv[bsr]\\.", "[A-Za-z0-9_-]{24,300}", "hvs. hvb. hvr."),
    token_kind(
        "atlassian-token", "Atlassian token", "ATATT3|ATCTT3|ATBB", "[A-Za-z0-9_=-]{28,250}", "atatt3 atctt3 atbb"
    ),
    token_kind("linear-key", "Linear key", "lin_(?:api|oauth)_", "[A-Za-z0-9]{32,64}", "lin_api_ lin_oauth_"),
    token_kind("netlify-token", "Netlify token", "nfp_", "[A-Za-z0-9]{36,40}"),
    token_kind("grafana-token", "Grafana token", "gl(?:sa|c)_", "[A-Za-z0-9_+/=]{32,250}", "glsa_ glc_"),
    token_kind("postman-key", "Postman key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"),
    token_kind("newrelic-key", "New Relic key", "NRAK-", "[A-Z0-9]{27}"),
    token_kind("square-token", "Square token", "sq0(?:atp|csp)-", "[A-Za-z0-9_-]{22,43}", "sq0atp- sq0csp-"),
    token_kind("figma-token", "Figma token", "figd_", "[A-Za-z0-9_-]{30,60}"),
    token_kind("supabase-token", "Supabase token", "sbp_", r"[0-9a-f]{40}\b"),
    token_kind(
        "planetscale-token", "PlanetScale token", "pscale_(?:tkn|pw|oauth)_", "[A-Za-z0-9_.-]{30,64}", "pscale_"
    ),
    token_kind("tailscale-key", "Tailscale key", "tskey-", "[a-z]{3,10}-[A-Za-z0-9]{6,40}-[A-Za-z0-9]{20,60}"),
    token_kind("rubygems-key", "RubyGems key", "rubygems_", r"[0-9a-f]{48}\b"),
    token_kind("doppler-token", "Doppler token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.", "[A-Za-z0-9_.-]{36,80}", "dp."),
    kind(
        "gitea-app-secret",
        "secret of Gitea's app.ini",
        "internal_token secret_key jwt_secret",
        r"\b(?P<key>(?:[A-Za-z0-9]{2,20}__?){0,4}(?:INTERNAL_TOKEN|SECRET_KEY|(?:LFS_)?JWT_SECRET))"
        r"[\"']?[ \t]{0,8}[=:][ \t]{0,8}[\"']?(?P<value>[A-Za-z0-9_.+/=-]{32,600})",
        app_secret,
    ),
    kind(
        "gitea-runner-token",
        "Gitea runner registration token",
        "--token registration_token",
        r"(?:--token|REGISTRATION_TOKEN)[\"']?[ \t]{0,4}[ =:][ \t]{0,4}[\"']?(?P<value>[A-Za-z0-9]{40})\b",
    ),
    kind(
        "gitea-token",
        "Gitea token",
        "gitea forgejo token authorization bearer",
        r"\b(?P<value>[0-9a-f]{40})\b",
        gitea_token,
    ),
)

GENERAL: tuple[Kind, ...] = (
    kind(
        "url-credential",
        "credential in a URL",
        "://",
        r"://(?:[^\s:/?#@\"'<>\\]{0,200}:(?P<value>[^\s/?#\"'<>\\]{1,400})|(?P<user>[^\s:/?#@\"'<>\\]{20,400}))@[A-Za-z0-9\[]",
        url_part,
    ),
    kind(
        "jwt",
        "JSON web token",
        "eyj",
        rf"(?:\A|[^A-Za-z0-9_.-])(?P<value>eyJ{_B64}{{8,2000}}[.]eyJ{_B64}{{8,6000}}[.]{_B64}{{16,1000}})",
        json_web_token,
        before=2,
        after=9100,
    ),
    kind(
        "authorization-header",
        "value of an Authorization header",
        "authorization",
        r"(?i:authorization)[\"']?[ \t]{0,4}[:=,][ \t]{0,4}[\"']?"
        r"(?i:token|bearer|basic)[ \t]{1,4}(?P<value>[A-Za-z0-9+/=._~-]{12,600})",
        header,
    ),
    kind(
        "query-credential",
        "credential in a query",
        "token= secret= key= password= passwd= sig=",
        r"[?&](?:[A-Za-z_-]{0,40}(?i:token|secret|key|password|passwd)|sig)=(?P<value>[A-Za-z0-9%+/=._~-]{8,500})",
        header,
    ),
    kind(
        "named-value",
        "value of a variable that names a secret",
        _NAMES,
        r"(?:\A|[^A-Za-z0-9_.-])(?P<key>[A-Za-z_][A-Za-z0-9_.-]{1,100})\\?[\"'`]?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}\\?",
        named_value,
        marks=":=",
    ),
)

KINDS: tuple[Kind, ...] = (*PARTICULAR, *GENERAL)
