"""Tokens of services that begin with a public prefix, by which the whole kind is known wherever it stands."""

from auditor.detector.kind import Kind, token_kind

SERVICES: tuple[Kind, ...] = (
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
        "slack-token", "Slack token", "xox[abeprs]-", "[A-Za-z0-9-]{14,250}", "xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-"
    ),
    token_kind("slack-token", "Slack app token", "xapp-", "[0-9]-[A-Za-z0-9-]{14,250}"),
    token_kind(
        "slack-webhook",
        "Slack webhook",
        "hooks\\.slack\\.com/",
        "(?:services|workflows|triggers)/[A-Za-z0-9_/-]{20,200}",
        near=False,
    ),
    token_kind(
        "discord-webhook",
        "Discord webhook",
        "discord(?:app)?\\.com/api/webhooks/",
        r"[0-9]{15,22}/[\w-]{40,100}",
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
        near=False,
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
    token_kind("sendgrid-key", "SendGrid key", "SG\\.", "[A-Za-z0-9_-]{18,32}[.][A-Za-z0-9_-]{30,64}"),
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
    token_kind("azure-key", "Azure storage key", "AccountKey=", "[A-Za-z0-9+/]{86}==", near=False),
    token_kind("databricks-token", "Databricks token", "dapi", r"[0-9a-f]{32}\b"),
    token_kind("dynatrace-token", "Dynatrace token", "dt0c01\\.", "[A-Z0-9]{24}[.][A-Z0-9]{64}"),
    token_kind(
        "fly-token", "Fly.io token", "fo1_|fm[12][ar]?_", "[A-Za-z0-9_+/=-]{40,800}", "fo1_ fm1_ fm1a_ fm1r_ fm2_"
    ),
    token_kind("heroku-key", "Heroku key", "HRKU-", "[A-Za-z0-9_-]{36,70}"),
    token_kind("render-key", "Render key", "rnd_", r"[A-Za-z0-9]{32}\b"),
    token_kind("sentry-token", "Sentry token", "sntry[su]_", "[A-Za-z0-9+/=_]{40,300}", "sntrys_ sntryu_"),
    token_kind("notion-token", "Notion token", "ntn_", r"[A-Za-z0-9]{43,50}\b"),
    token_kind("pulumi-token", "Pulumi token", "pul-", r"[0-9a-f]{40}\b"),
    token_kind("prefect-token", "Prefect token", "pn[ub]_", r"[A-Za-z0-9]{36}\b", "pnu_ pnb_"),
    token_kind("readme-key", "ReadMe key", "rdme_", r"[a-z0-9]{70}\b"),
    token_kind("typeform-token", "Typeform token", "tfp_", "[A-Za-z0-9_-]{40,60}"),
    token_kind("adafruit-key", "Adafruit key", "aio_", r"[A-Za-z0-9]{28}\b"),
    token_kind("easypost-key", "EasyPost key", "EZ[AT]K", r"[A-Za-z0-9]{54}\b", "ezak eztk"),
    token_kind("clojars-token", "Clojars token", "CLOJARS_", r"[A-Za-z0-9]{60}\b"),
    token_kind("onepassword-token", "1Password service token", "ops_", "eyJ[A-Za-z0-9_-]{80,900}", "ops_eyj"),
    token_kind("sourcegraph-token", "Sourcegraph token", "sgp_", r"(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\b"),
    token_kind("groq-key", "Groq key", "gsk_", r"[A-Za-z0-9]{52}\b"),
    token_kind("replicate-token", "Replicate token", "r8_", r"[A-Za-z0-9]{37}\b"),
    token_kind("perplexity-key", "Perplexity key", "pplx-", r"[A-Za-z0-9]{48}\b"),
    token_kind("xai-key", "xAI key", "xai-", r"[A-Za-z0-9]{70,90}\b"),
    token_kind("buildkite-token", "Buildkite token", "bk[ua]a?_", r"[0-9a-f]{40}\b", "bkua_ bka_ bku_"),
    token_kind("circleci-token", "CircleCI token", "CCIPAT_", "[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    token_kind("brevo-key", "Brevo key", "xkeysib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}\b"),
    token_kind("nuget-key", "NuGet key", "oy2", r"[a-z0-9]{43}\b"),
    token_kind("artifactory-token", "Artifactory token", "AKCp", r"[A-Za-z0-9]{69,73}\b"),
    token_kind("alibaba-key", "Alibaba Cloud key", "LTAI", r"[A-Za-z0-9]{20,24}\b"),
    token_kind("cloudflare-key", "Cloudflare origin CA key", "v1\\.0-", "[0-9a-f]{24}-[0-9a-f]{146}"),
    token_kind(
        "shippo-token", "Shippo token", "shippo_(?:live|test)_", r"[0-9a-fA-F]{40}\b", "shippo_live_ shippo_test_"
    ),
    token_kind(
        "mapbox-token", "Mapbox secret token", "sk\\.eyJ", "[A-Za-z0-9_-]{60,200}[.][A-Za-z0-9_-]{20,40}", "sk.eyj"
    ),
    token_kind("contentful-token", "Contentful token", "CFPAT-", "[A-Za-z0-9_-]{40,50}"),
    token_kind("newrelic-key", "New Relic ingest key", "NRII-", "[A-Za-z0-9_-]{32}"),
    token_kind("infracost-key", "Infracost key", "ico-", r"[A-Za-z0-9]{32}\b"),
    token_kind("supabase-token", "Supabase secret key", "sb_secret_", "[A-Za-z0-9_-]{31}"),
    token_kind("mongodb-atlas-secret", "MongoDB Atlas service account", "mdb_sa_sk_", "[A-Za-z0-9_-]{40}"),
    token_kind("ramp-secret", "Ramp client secret", "ramp_sec_", r"[A-Za-z0-9]{48}\b"),
    token_kind("aikido-secret", "Aikido client secret", "AIK_SECRET_", r"[A-Za-z0-9]{64}\b"),
    token_kind(
        "packagist-token", "Packagist token", "packagist_(?:ort|out|uut|acs)_", r"[0-9a-f]{64,96}\b", "packagist_"
    ),
)
