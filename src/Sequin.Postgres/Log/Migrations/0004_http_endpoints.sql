-- HTTP endpoints: where consumers that push send their messages to.

CREATE TABLE sequin.http_endpoints (
    id                uuid PRIMARY KEY,
    name              text NOT NULL UNIQUE,
    url               text NOT NULL,
    headers           json NOT NULL,             -- [["name","value"],…]: in the order they are sent in
    secrets_encrypted bytea NOT NULL,            -- EndpointSecrets, by ASP.NET Data Protection; never leaves the server
    revision          bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);

-- Not in the consumer's config: the reference is what keeps an endpoint that is in use from being deleted.
ALTER TABLE sequin.consumers ADD COLUMN http_endpoint_id uuid REFERENCES sequin.http_endpoints ON DELETE RESTRICT;
CREATE INDEX consumers_of_http_endpoint ON sequin.consumers (http_endpoint_id) WHERE http_endpoint_id IS NOT NULL;
