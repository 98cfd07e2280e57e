// Made from docs/openapi.json by `npm run client`: change that and not this.

export interface paths {
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changed, in the order of the commits */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tenants by slug, a page of them */
        get: operations["listTenants"];
        put?: never;
        /** A new tenant */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** A tenant with its settings and the number of its resources */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /**
         * The tenant with everything in it
         * @description Nothing of the tenant is served from the first request on; 202 as long as rows are left to delete.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /**
         * Another name, other settings; suspend and resume
         * @description Settings are a merge patch (RFC 7396): null is the default again. A change of what is indexed answers 202 as long as resources are left to index.
         */
        patch: operations["changeTenant"];
        trace?: never;
    };
    "/tenants/{slug}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** The tenant's tokens, oldest first, never the tokens themselves */
        get: operations["listTokens"];
        put?: never;
        /** A new token, shown this once */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The token's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token; its entry stays for the record */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/clients": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** The tenant's OAuth clients, oldest first, those that ended as well */
        get: operations["listClients"];
        put?: never;
        /** A new OAuth client; one without keys gets a secret, shown this once */
        post: operations["createClient"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/clients/{client}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a client with its secrets and its access tokens */
        delete: operations["revokeClient"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/clients/{client}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
            };
            cookie?: never;
        };
        /** The client's secrets, oldest first, never the secrets themselves */
        get: operations["listSecrets"];
        put?: never;
        /** One more secret of a client, shown this once */
        post: operations["createSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/clients/{client}/secrets/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
                /** @description The secret's id. */
                secret: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a secret with the access tokens that were given out for it */
        delete: operations["revokeSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/issuers": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** Issuers whose JWTs are bearer tokens of the tenant, oldest first, those that ended as well */
        get: operations["listIssuers"];
        put?: never;
        /** One more issuer to trust */
        post: operations["createIssuer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/issuers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends the trust in an issuer */
        delete: operations["revokeIssuer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/tokens/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The token's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new token in place of this one, which works on until the overlap ends */
        post: operations["rotateToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/schemas": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** The schemas that the tenant declared */
        get: operations["listSchemas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/schemas/{urn}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The schema's URN. */
                urn: string;
            };
            cookie?: never;
        };
        /** A schema of the tenant's, or a standard one to start from */
        get: operations["getSchema"];
        /**
         * Declares a schema, or changes one
         * @description As RFC 7643 section 7 describes it.
         */
        put: operations["putSchema"];
        post?: never;
        /** Takes a schema of the tenant's away */
        delete: operations["deleteSchema"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/resource-types": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** The resource types that the tenant declared */
        get: operations["listResourceTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/resource-types/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource type's name. */
                name: string;
            };
            cookie?: never;
        };
        /** A resource type of the tenant's, or a standard one to start from */
        get: operations["getResourceType"];
        /**
         * Declares a resource type, or changes one
         * @description As RFC 7643 section 6 describes it; a standard type can gain extensions.
         */
        put: operations["putResourceType"];
        post?: never;
        /** Takes a resource type of the tenant's away */
        delete: operations["deleteResourceType"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/events": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** What changed of one tenant, in the order of the commits */
        get: operations["listTenantEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/mapping": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** What pushed groups become in the product, and which groups no rule means */
        get: operations["getMapping"];
        /** Other rules, all of them */
        put: operations["putMapping"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/tombstones": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** What was deleted and can come back, in the order in which it was made */
        get: operations["listTombstones"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/tombstones/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Brings a deleted resource back, with its id and its memberships */
        post: operations["restoreTombstone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** What the tenant's identity providers asked and were told, newest first, without bodies */
        get: operations["listRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/requests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The request's id. */
                id: string;
            };
            cookie?: never;
        };
        /** One request with its bodies */
        get: operations["getRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/requests/{id}/curl": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The request's id. */
                id: string;
            };
            cookie?: never;
        };
        /** The same request as a command line, with `$TOKEN` for the token */
        get: operations["replayRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** Whether the tenant's tables contradict one another; reads everything */
        get: operations["checkConsistency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/export": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /**
         * Everything of a tenant but its credentials, as lines of JSON, a page at a time
         * @description The pages one after the other are the export.
         */
        get: operations["exportTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/import": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lines of an export, into a suspended tenant
         * @description At most 5000 lines and 1 MB; what is there already stays as it is, so that the same lines can be sent again. Lines that cannot be taken are told, and hinder no other.
         */
        post: operations["importTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where all tenants' events are sent to, oldest first, never the secrets */
        get: operations["listWebhooks"];
        put?: never;
        /** A new one, with its secret, shown this once */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** One, with how far it came */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Nothing more is sent, and what waits is forgotten */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /** What is not named stays; whatever waits is tried at once */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new secret, shown this once; the old one signs as well until the overlap ends */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends an event of the type `webhook.test` now, once */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends one event, all dead letters, or everything behind a position once more */
        post: operations["redeliverEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** The last attempts, newest first */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{id}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** What was given up, by position */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** Where the tenant's events are sent to, oldest first, never the secrets */
        get: operations["listTenantWebhooks"];
        put?: never;
        /** A new one, with its secret, shown this once */
        post: operations["createTenantWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** One, with how far it came */
        get: operations["getTenantWebhook"];
        put?: never;
        post?: never;
        /** Nothing more is sent, and what waits is forgotten */
        delete: operations["deleteTenantWebhook"];
        options?: never;
        head?: never;
        /** What is not named stays; whatever waits is tried at once */
        patch: operations["changeTenantWebhook"];
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new secret, shown this once; the old one signs as well until the overlap ends */
        post: operations["rotateTenantWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends an event of the type `webhook.test` now, once */
        post: operations["testTenantWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends one event, all dead letters, or everything behind a position once more */
        post: operations["redeliverTenantEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** The last attempts, newest first */
        get: operations["listTenantDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/webhooks/{id}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        /** What was given up, by position */
        get: operations["listTenantDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/streams": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        /** Receivers that ask for the tenant's Security Event Tokens, oldest first */
        get: operations["listStreams"];
        put?: never;
        /** A new receiver; it asks with a token that has the scope `sets` */
        post: operations["createStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{slug}/streams/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The stream's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Its receiver gets nothing more */
        delete: operations["deleteStream"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys that count, newest first, never the private ones; the first one signs */
        get: operations["listSigningKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/signing-keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new key signs; receivers get the old one too until the overlap ends */
        post: operations["rotateSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Admin credentials, oldest first, never the tokens themselves */
        get: operations["listCredentials"];
        put?: never;
        /** A new admin credential, shown this once */
        post: operations["createCredential"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/credentials/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The credential's id. */
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes an admin credential; its entry stays for the record */
        delete: operations["revokeCredential"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What administrators did, a page of it */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The tenant's name in URLs. */
        Slug: string;
        Settings: {
            /**
             * @description How far the RFCs are bent for what identity providers send.
             * @enum {string}
             */
            mode: "compat" | "rfc-strict" | "interop";
            /** @description How long a page's cursor lives. */
            cursor_timeout_s: number;
            /** @description How long an OAuth client's access token lives. */
            access_token_lifetime_s: number;
            /** @description Paths of strings and references that are indexed besides the standard ones. */
            indexed: string[];
            /**
             * @description What a PATCH of a group answers.
             * @enum {string}
             */
            group_patch_returns: "none" | "group";
            /** @description How long requests are logged; 0: not at all. */
            log_retention_days: number;
            /** @description Whether the request log keeps bodies and the values in filters. */
            log_bodies: boolean;
            /** @description Names of attributes that the request log hides besides passwords. */
            redact: string[];
            /** @description How many resources there may be, by resource type; of others as many as come. */
            quotas: {
                [key: string]: number;
            };
            /**
             * @description Whether requests are counted and refused past the limits in wrangler.toml.
             * @enum {string}
             */
            rate_limit: "standard" | "none";
            /** @description Bytes of a body at the most, a bulk's aside. */
            max_body_bytes: number;
            /** @description Resources on a page at the most. */
            max_results: number;
            /** @description Bytes of a query's filter at the most. */
            max_filter_bytes: number;
            /** @description Comparisons of a query's filter at the most. */
            max_filter_terms: number;
            /** @description Operations of a bulk at the most. */
            bulk_max_operations: number;
            /** @description Bytes of a bulk at the most. */
            bulk_max_payload_size: number;
            /**
             * @description What DELETE does.
             * @enum {string}
             */
            delete_policy: "delete" | "tombstone";
            /** @description How long a deleted resource can be brought back. */
            tombstone_days: number;
            /** @description Whether a deactivated user who is created anew is the same user again. */
            reactivate_on_create: boolean;
        };
        /** @description null is the default again. */
        SettingsPatch: {
            /**
             * @description How far the RFCs are bent for what identity providers send.
             * @enum {string|null}
             */
            mode?: "compat" | "rfc-strict" | "interop" | null;
            /** @description How long a page's cursor lives. */
            cursor_timeout_s?: number | null;
            /** @description How long an OAuth client's access token lives. */
            access_token_lifetime_s?: number | null;
            /** @description Paths of strings and references that are indexed besides the standard ones. */
            indexed?: string[] | null;
            /**
             * @description What a PATCH of a group answers.
             * @enum {string|null}
             */
            group_patch_returns?: "none" | "group" | null;
            /** @description How long requests are logged; 0: not at all. */
            log_retention_days?: number | null;
            /** @description Whether the request log keeps bodies and the values in filters. */
            log_bodies?: boolean | null;
            /** @description Names of attributes that the request log hides besides passwords. */
            redact?: string[] | null;
            /** @description How many resources there may be, by resource type; of others as many as come. */
            quotas?: {
                [key: string]: number | null;
            } | null;
            /**
             * @description Whether requests are counted and refused past the limits in wrangler.toml.
             * @enum {string|null}
             */
            rate_limit?: "standard" | "none" | null;
            /** @description Bytes of a body at the most, a bulk's aside. */
            max_body_bytes?: number | null;
            /** @description Resources on a page at the most. */
            max_results?: number | null;
            /** @description Bytes of a query's filter at the most. */
            max_filter_bytes?: number | null;
            /** @description Comparisons of a query's filter at the most. */
            max_filter_terms?: number | null;
            /** @description Operations of a bulk at the most. */
            bulk_max_operations?: number | null;
            /** @description Bytes of a bulk at the most. */
            bulk_max_payload_size?: number | null;
            /**
             * @description What DELETE does.
             * @enum {string|null}
             */
            delete_policy?: "delete" | "tombstone" | null;
            /** @description How long a deleted resource can be brought back. */
            tombstone_days?: number | null;
            /** @description Whether a deactivated user who is created anew is the same user again. */
            reactivate_on_create?: boolean | null;
        };
        NewTenant: {
            slug: components["schemas"]["Slug"];
            name: string;
            settings?: components["schemas"]["SettingsPatch"];
        };
        TenantChange: {
            name?: string | null;
            settings?: components["schemas"]["SettingsPatch"] | null;
            suspended?: boolean | null;
        };
        TenantSummary: {
            slug: components["schemas"]["Slug"];
            name: string;
            /** Format: uri */
            base_url: string;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Since when every SCIM request is refused.
             */
            suspended?: string;
            /**
             * Format: date-time
             * @description Since when it is being deleted.
             */
            deleting?: string;
            /**
             * @description Resources are left to index.
             * @constant
             */
            reindexing?: true;
            settings: components["schemas"]["Settings"];
        };
        Tenant: {
            slug: components["schemas"]["Slug"];
            name: string;
            /** Format: uri */
            base_url: string;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Since when every SCIM request is refused.
             */
            suspended?: string;
            /**
             * Format: date-time
             * @description Since when it is being deleted.
             */
            deleting?: string;
            /**
             * @description Resources are left to index.
             * @constant
             */
            reindexing?: true;
            settings: components["schemas"]["Settings"];
            /** @description Of each resource type that has a quota, how many more there may be. */
            quotas: {
                [key: string]: {
                    quota: number;
                    left: number;
                };
            };
            /** @description How many resources of each type there are. */
            resources: {
                [key: string]: number;
            };
        };
        TenantPage: {
            tenants: components["schemas"]["TenantSummary"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        Rotation: {
            /** @description How long the old token works on; left out, a day. */
            overlap_s?: number | null;
            /**
             * Format: date-time
             * @description At most ten years from now. Left out, the new token lives as long as the old one was made to.
             */
            expires?: string | null;
            expires_in_s?: number | null;
        };
        /** @description What the credential lets its holder do; fixed when it is made. */
        AdminScopes: ("admin" | "tenants:read" | "tenants:write" | "schemas:read" | "schemas:write" | "tokens:read" | "tokens:write" | "data:read" | "data:write" | "logs:read" | "audit:read" | "events:read" | "events:write")[];
        NewCredential: {
            name: string;
            scopes: components["schemas"]["AdminScopes"];
            /** @description The slug of the one tenant that it is for; left out, all. */
            tenant?: string | null;
            /**
             * Format: date-time
             * @description At most ten years from now.
             */
            expires?: string | null;
            expires_in_s?: number | null;
        };
        Credential: {
            id: string;
            name: string;
            scopes: components["schemas"]["AdminScopes"];
            tenant?: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires?: string;
            /** Format: date-time */
            revoked?: string;
        };
        CreatedCredential: components["schemas"]["Credential"] & {
            /** @description What the administrator sends as the bearer token. */
            token: string;
        };
        CredentialPage: {
            credentials: components["schemas"]["Credential"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        AuditEntry: {
            id: number;
            /** Format: date-time */
            at: string;
            /** @description `ADMIN_TOKEN`, `credential:` and its id, `access:` and a person's e-mail address, or `scim-edge` for what it does by itself. */
            actor: string;
            /** @description The method and the address. */
            action: string;
            tenant?: string;
            target?: string;
            /** @enum {unknown} */
            outcome: "done" | "denied";
            ip?: string;
            detail?: Record<string, unknown>;
        };
        AuditPage: {
            entries: components["schemas"]["AuditEntry"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        /** @description What the token lets its holder do; fixed when it is made. */
        Scopes: ("scim" | "scim:read" | "users" | "users:read" | "groups" | "groups:read" | "directory:read" | "sets")[];
        NewToken: {
            label: string;
            /** @description Left out: ["scim"], everything. */
            scopes?: components["schemas"]["Scopes"] | null;
            /**
             * Format: date-time
             * @description At most ten years from now.
             */
            expires?: string | null;
            expires_in_s?: number | null;
        };
        Token: {
            id: string;
            label: string;
            scopes: components["schemas"]["Scopes"];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires?: string;
            /** @description The id of the token that it took the place of. */
            replaces?: string;
            /**
             * @description Within how many days it expires, when that is soon.
             * @enum {unknown}
             */
            expires_soon?: 1 | 7 | 30;
            /** Format: date-time */
            revoked?: string;
            /** Format: date-time */
            last_used?: string;
        };
        CreatedToken: {
            id: string;
            label: string;
            scopes: components["schemas"]["Scopes"];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires?: string;
            /** @description The id of the token that it took the place of. */
            replaces?: string;
            /**
             * @description Within how many days it expires, when that is soon.
             * @enum {unknown}
             */
            expires_soon?: 1 | 7 | 30;
            /** @description What the identity provider sends as its bearer token. */
            token: string;
        };
        TokenPage: {
            tokens: components["schemas"]["Token"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        /** @description https, and a host with a name. */
        Address: string;
        NewFederated: {
            issuer: components["schemas"]["Address"];
            jwks_uri?: components["schemas"]["Address"];
            audience: string;
            /** @description * is everybody whom the issuer signs for. */
            subject?: string;
            /** @description What a claim must be, or have among its values; of a list, any one. */
            claims?: {
                [key: string]: string | boolean | number | (string | boolean | number)[];
            };
            /**
             * @description Whether an assertion is taken once only.
             * @default true
             */
            single_use?: boolean;
        };
        Federated: {
            issuer: components["schemas"]["Address"];
            jwks_uri?: components["schemas"]["Address"];
            audience: string;
            /** @description * is everybody whom the issuer signs for. */
            subject?: string;
            /** @description What a claim must be, or have among its values; of a list, any one. */
            claims?: {
                [key: string]: string | boolean | number | (string | boolean | number)[];
            };
            /** @description Whether an assertion is taken once only. */
            single_use: boolean;
        };
        NewClient: {
            label: string;
            /** @description Left out: ["scim"], everything. */
            scopes?: components["schemas"]["Scopes"] | null;
            /** @description A JWK Set (RFC 7517) of public keys. */
            jwks?: {
                keys: Record<string, unknown>[];
            } | null;
            jwks_uri?: components["schemas"]["Address"] | null;
            federated?: components["schemas"]["NewFederated"][];
        };
        Client: {
            client_id: string;
            label: string;
            scopes: components["schemas"]["Scopes"];
            /** @description A JWK Set (RFC 7517) of public keys. */
            jwks?: {
                keys: Record<string, unknown>[];
            };
            jwks_uri?: components["schemas"]["Address"];
            federated?: components["schemas"]["Federated"][];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            revoked?: string;
        };
        CreatedClient: {
            client_id: string;
            label: string;
            scopes: components["schemas"]["Scopes"];
            /** @description A JWK Set (RFC 7517) of public keys. */
            jwks?: {
                keys: Record<string, unknown>[];
            };
            jwks_uri?: components["schemas"]["Address"];
            federated?: components["schemas"]["Federated"][];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            revoked?: string;
            /** @description What the client sends with its client_id. */
            client_secret?: string;
            /** @description Where it asks for tokens. */
            token_url: string;
        };
        ClientPage: {
            clients: components["schemas"]["Client"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        NewSecret: {
            label: string;
            /**
             * Format: date-time
             * @description At most ten years from now.
             */
            expires?: string | null;
            expires_in_s?: number | null;
        };
        Secret: {
            id: string;
            label: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires?: string;
            /** Format: date-time */
            revoked?: string;
        };
        CreatedSecret: {
            id: string;
            label: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            expires?: string;
            /** Format: date-time */
            revoked?: string;
            /** @description What the client sends with its client_id. */
            client_secret: string;
        };
        SecretList: {
            secrets: components["schemas"]["Secret"][];
        };
        NewIssuer: {
            label: string;
            /** @description Left out: ["scim"], everything. */
            scopes?: components["schemas"]["Scopes"] | null;
            issuer: components["schemas"]["Address"];
            jwks_uri?: components["schemas"]["Address"];
            audience: string;
            /** @description * is everybody whom the issuer signs for. */
            subject?: string;
            /** @description What a claim must be, or have among its values; of a list, any one. */
            claims?: {
                [key: string]: string | boolean | number | (string | boolean | number)[];
            };
        };
        Issuer: {
            id: string;
            label: string;
            scopes: components["schemas"]["Scopes"];
            issuer: components["schemas"]["Address"];
            jwks_uri?: components["schemas"]["Address"];
            audience: string;
            /** @description * is everybody whom the issuer signs for. */
            subject?: string;
            /** @description What a claim must be, or have among its values; of a list, any one. */
            claims?: {
                [key: string]: string | boolean | number | (string | boolean | number)[];
            };
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            revoked?: string;
        };
        IssuerPage: {
            issuers: components["schemas"]["Issuer"][];
            /** @description The next page's `after`; absent on the last page. */
            next?: string;
        };
        Urn: string;
        Attribute: {
            name: string;
            /**
             * @default string
             * @enum {string}
             */
            type?: "string" | "boolean" | "decimal" | "integer" | "dateTime" | "binary" | "reference" | "complex";
            /** @default false */
            multiValued?: boolean;
            description?: string;
            /** @default false */
            required?: boolean;
            canonicalValues?: string[];
            /** @description false, unless the attribute is a reference or binary. */
            caseExact?: boolean;
            /**
             * @default readWrite
             * @enum {string}
             */
            mutability?: "readWrite" | "readOnly" | "immutable" | "writeOnly";
            /**
             * @default default
             * @enum {string}
             */
            returned?: "default" | "always" | "request" | "never";
            /**
             * @default none
             * @enum {string}
             */
            uniqueness?: "none" | "server" | "global";
            referenceTypes?: string[];
            subAttributes?: components["schemas"]["SubAttribute"][];
        };
        SubAttribute: {
            name: string;
            /**
             * @default string
             * @enum {string}
             */
            type?: "string" | "boolean" | "decimal" | "integer" | "dateTime" | "binary" | "reference";
            /** @default false */
            multiValued?: boolean;
            description?: string;
            /** @default false */
            required?: boolean;
            canonicalValues?: string[];
            /** @description false, unless the attribute is a reference or binary. */
            caseExact?: boolean;
            /**
             * @default readWrite
             * @enum {string}
             */
            mutability?: "readWrite" | "readOnly" | "immutable" | "writeOnly";
            /**
             * @default default
             * @enum {string}
             */
            returned?: "default" | "always" | "request" | "never";
            /**
             * @default none
             * @enum {string}
             */
            uniqueness?: "none" | "server" | "global";
            referenceTypes?: string[];
            subAttributes?: unknown[];
        };
        Schema: {
            id: components["schemas"]["Urn"];
            name: string;
            description?: string;
            attributes: components["schemas"]["Attribute"][];
        };
        NewSchema: {
            /** @description Says nothing, so that what was read can be sent back. */
            schemas?: unknown;
            /** @description Says nothing either. */
            meta?: unknown;
            /** @description The URN of the URL. */
            id?: string;
            name: string;
            description?: string;
            attributes: components["schemas"]["Attribute"][];
        };
        SchemaExtension: {
            schema: string;
            required: boolean;
        };
        ResourceType: {
            id: string;
            name: string;
            description?: string;
            endpoint: string;
            schema: components["schemas"]["Urn"];
            schemaExtensions?: components["schemas"]["SchemaExtension"][];
        };
        NewResourceType: {
            /** @description Says nothing, so that what was read can be sent back. */
            schemas?: unknown;
            /** @description Says nothing either. */
            meta?: unknown;
            /** @description The name of the URL. */
            id?: string;
            /** @description The name of the URL. */
            name?: string;
            description?: string;
            endpoint: string;
            schema: string;
            schemaExtensions?: components["schemas"]["SchemaExtension"][];
        };
        Rule: {
            name?: string;
            prefix?: string;
            regex?: string;
            external_id?: string;
            group_id?: string;
            /** @default department */
            kind?: string;
            target?: string;
            /** @default 100 */
            priority?: number;
            /** @default false */
            nested?: boolean;
        };
        NewMapping: {
            rules: components["schemas"]["Rule"][];
        };
        NamedGroup: {
            id: string;
            name: string;
        };
        Mapping: {
            rules: components["schemas"]["Rule"][];
            targets: {
                kind: string;
                name: string;
                priority: number;
                groups: {
                    id: string;
                    name: string;
                    nested: boolean;
                }[];
            }[];
            unmapped: components["schemas"]["NamedGroup"][];
            /** @description false past 100,000 groups: the rest was not looked at. */
            complete: boolean;
        };
        ChangedMapping: {
            rules: components["schemas"]["Rule"][];
            targets: {
                kind: string;
                name: string;
                priority: number;
                groups: {
                    id: string;
                    name: string;
                    nested: boolean;
                }[];
            }[];
            unmapped: components["schemas"]["NamedGroup"][];
            /** @description false past 100,000 groups: the rest was not looked at. */
            complete: boolean;
            changes: {
                group: components["schemas"]["NamedGroup"];
                before: {
                    kind: string;
                    name: string;
                }[];
                after: {
                    kind: string;
                    name: string;
                }[];
            }[];
        };
        Tombstone: {
            id: string;
            resource_type: string;
            /** @description What member lists showed of it. */
            display: string | null;
            /** Format: date-time */
            deleted: string;
            /** Format: date-time */
            restorable_until: string;
        };
        TombstonePage: {
            tombstones: components["schemas"]["Tombstone"][];
            next?: string;
        };
        RequestSummary: {
            /** @description UUIDv7. */
            id: string;
            /** Format: date-time */
            time: string;
            /** @description The id of the credential. */
            token: string | null;
            method: string;
            /** @description As sent. */
            path: string;
            /** @description As sent, without what is hidden. */
            query?: string;
            status: number;
            duration_ms: number;
            d1: {
                trips: number;
                rows_read: number;
                rows_written: number;
            };
            content_type?: string;
            resource_type?: string;
            /** @description The resource's id. */
            resource?: string;
            user_name?: string;
            scim_type?: string;
            /** @description What the error said. */
            detail?: string;
        };
        RequestPage: {
            requests: components["schemas"]["RequestSummary"][];
            next?: string;
        };
        Request: {
            /** @description UUIDv7. */
            id: string;
            /** Format: date-time */
            time: string;
            /** @description The id of the credential. */
            token: string | null;
            method: string;
            /** @description As sent. */
            path: string;
            /** @description As sent, without what is hidden. */
            query?: string;
            status: number;
            duration_ms: number;
            d1: {
                trips: number;
                rows_read: number;
                rows_written: number;
            };
            content_type?: string;
            resource_type?: string;
            /** @description The resource's id. */
            resource?: string;
            user_name?: string;
            scim_type?: string;
            /** @description What the error said. */
            detail?: string;
            request: components["schemas"]["LoggedBody"];
            response: components["schemas"]["LoggedBody"];
        };
        LoggedBody: {
            /** @description As it was sent. */
            bytes: number;
            /** @description JSON text, without what is hidden. */
            body?: string;
            /** @description Whether the body is not whole. */
            cut?: boolean;
        };
        Event: {
            /** @description The same in every delivery. */
            id: string;
            position: number;
            /** @description `user.created`, …: docs/events.md. */
            type: string;
            /** Format: date-time */
            timestamp: string;
            /** @description Its slug. */
            tenant?: string;
            data: Record<string, unknown>;
        };
        EventPage: {
            events: components["schemas"]["Event"][];
            /** @description The next page's `after`. */
            next: number;
            /** @description Whether there are further events already. */
            more: boolean;
        };
        /** @description As `user.created`, or a family of them as `user.*`. */
        EventType: string;
        /** @description As `user.created`, or a family of them as `user.*`. */
        SetType: string;
        NewStream: {
            label: string;
            /**
             * @description With values, or which attributes alone; left out, with values.
             * @enum {unknown}
             */
            format?: "full" | "notice" | null;
            /** @description `aud` of its tokens; left out, the stream's address. */
            audience?: string | null;
            /** @description None: all. */
            types?: components["schemas"]["SetType"][] | null;
            /** @description The position behind which it begins; left out, the end. */
            after?: number | null;
        };
        Stream: {
            id: string;
            label: string;
            /** @enum {unknown} */
            format: "full" | "notice";
            /** @description None: all. */
            types: components["schemas"]["SetType"][];
            /** @description `aud` of its tokens. */
            audience: string;
            /** @description Where the receiver asks, by POST. */
            address: string;
            /** @description `iss` of its tokens. */
            issuer: string;
            /** @description Where the keys are that verify them. */
            jwks_uri: string;
            /** @description Up to here everything is dealt with. */
            position: number;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description When the position was last written: with each acknowledgement, and once a day.
             */
            polled?: string;
            /** @description Events up to this position grew old before they were asked for. */
            missed_up_to?: number;
            /** @description The token that was of no use to the receiver last. */
            refused?: {
                jti: string;
                err: string;
                /** Format: date-time */
                time: string;
            };
        };
        StreamPage: {
            streams: components["schemas"]["Stream"][];
            /** @description The next page's `after`; absent on the last. */
            next?: string;
        };
        SigningKey: {
            kid: string;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Receivers get it until then; absent of the one that signs.
             */
            until?: string;
        };
        SigningKeyList: {
            signing_keys: components["schemas"]["SigningKey"][];
        };
        KeyRotation: {
            /** @description How long receivers get the old key too; left out, a day. */
            overlap_s?: number | null;
        };
        NewWebhook: {
            label: string;
            url: components["schemas"]["Address"];
            /** @description None: all. */
            types?: components["schemas"]["EventType"][] | null;
            /**
             * @description As the feed has events, which is so unless named, or as Security Event Tokens, with values or without.
             * @enum {unknown}
             */
            format?: "event" | "full" | "notice" | null;
            /** @description Whom Security Event Tokens are for; left out, the address. */
            audience?: string | null;
            enabled?: boolean | null;
            /** @description How long an answer may take; left out, 15. */
            timeout_s?: number | null;
            /** @description The first wait behind a failure; left out, 5. */
            retry_s?: number | null;
            /** @description An event that fails and is older is a dead letter; left out, three days. */
            give_up_s?: number | null;
            /** @description Behind nothing but failures for so long it is disabled; left out, five days. */
            disable_s?: number | null;
            /** @description The position behind which it begins; left out, the end. */
            after?: number | null;
        };
        WebhookChange: {
            label?: string | null;
            url?: components["schemas"]["Address"] | null;
            /** @description None: all. */
            types?: components["schemas"]["EventType"][] | null;
            /**
             * @description As the feed has events, which is so unless named, or as Security Event Tokens, with values or without.
             * @enum {unknown}
             */
            format?: "event" | "full" | "notice" | null;
            /** @description Whom Security Event Tokens are for; left out, the address. */
            audience?: string | null;
            enabled?: boolean | null;
            /** @description How long an answer may take; left out, 15. */
            timeout_s?: number | null;
            /** @description The first wait behind a failure; left out, 5. */
            retry_s?: number | null;
            /** @description An event that fails and is older is a dead letter; left out, three days. */
            give_up_s?: number | null;
            /** @description Behind nothing but failures for so long it is disabled; left out, five days. */
            disable_s?: number | null;
        };
        Webhook: {
            id: string;
            label: string;
            url: string;
            /** @description None: all. */
            types: components["schemas"]["EventType"][];
            /** @enum {unknown} */
            format: "event" | "full" | "notice";
            /** @description Whom Security Event Tokens are for. */
            audience?: string;
            enabled: boolean;
            timeout_s: number;
            retry_s: number;
            give_up_s: number;
            disable_s: number;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Since when it is not enabled.
             */
            disabled?: string;
            /**
             * @description Why it disabled itself: its receiver said 410, or has failed for disable_s.
             * @enum {unknown}
             */
            disabled_reason?: "gone" | "failing";
            /**
             * Format: date-time
             * @description Until then the secret before signs as well.
             */
            old_secret_until?: string;
        };
        CreatedWebhook: {
            id: string;
            label: string;
            url: string;
            /** @description None: all. */
            types: components["schemas"]["EventType"][];
            /** @enum {unknown} */
            format: "event" | "full" | "notice";
            /** @description Whom Security Event Tokens are for. */
            audience?: string;
            enabled: boolean;
            timeout_s: number;
            retry_s: number;
            give_up_s: number;
            disable_s: number;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Since when it is not enabled.
             */
            disabled?: string;
            /**
             * @description Why it disabled itself: its receiver said 410, or has failed for disable_s.
             * @enum {unknown}
             */
            disabled_reason?: "gone" | "failing";
            /**
             * Format: date-time
             * @description Until then the secret before signs as well.
             */
            old_secret_until?: string;
            /** @description What its events are signed with. */
            secret: string;
        };
        WebhookWithDelivery: {
            id: string;
            label: string;
            url: string;
            /** @description None: all. */
            types: components["schemas"]["EventType"][];
            /** @enum {unknown} */
            format: "event" | "full" | "notice";
            /** @description Whom Security Event Tokens are for. */
            audience?: string;
            enabled: boolean;
            timeout_s: number;
            retry_s: number;
            give_up_s: number;
            disable_s: number;
            /** Format: date-time */
            created: string;
            /**
             * Format: date-time
             * @description Since when it is not enabled.
             */
            disabled?: string;
            /**
             * @description Why it disabled itself: its receiver said 410, or has failed for disable_s.
             * @enum {unknown}
             */
            disabled_reason?: "gone" | "failing";
            /**
             * Format: date-time
             * @description Until then the secret before signs as well.
             */
            old_secret_until?: string;
            delivery: {
                /** @description Up to here the outbox is dealt with. */
                position?: number;
                /** @description Events that are to be tried again. */
                waiting?: number;
                dead_letters?: number;
                /** @description Ever. */
                attempts?: number;
                failures_in_a_row?: number;
                /**
                 * Format: date-time
                 * @description Nothing is sent before.
                 */
                paused_until?: string;
                /**
                 * Format: date-time
                 * @description Since then every attempt failed.
                 */
                failing_since?: string;
                /** @description Events up to this position were gone before they were read. */
                missed_up_to?: number;
            };
        };
        WebhookPage: {
            webhooks: components["schemas"]["Webhook"][];
            /** @description The next page's `after`; absent on the last. */
            next?: string;
        };
        SecretRotation: {
            /** @description How long the old secret signs as well; left out, a day. */
            overlap_s?: number | null;
        };
        WebhookTest: {
            event: string;
            delivered: boolean;
            /** @description Of the answer, if there was one. */
            status?: number;
            error?: string;
            duration_ms: number;
        };
        Redelivery: {
            event?: string;
            /** @constant */
            dead_letters?: true;
            /** @description A position. */
            after?: number;
        };
        Redelivered: {
            /** @description How many, where that is known. */
            events?: number;
        };
        DeliveryList: {
            deliveries: {
                event: string;
                type: string;
                /** Format: date-time */
                time: string;
                duration_ms: number;
                status?: number;
                error?: string;
            }[];
        };
        DeadLetterPage: {
            dead_letters: {
                event: string;
                position: number;
                type: string;
                /** @description Its id. */
                resource: string;
                attempts: number;
                /** @description Of the last attempt. */
                error: string;
                /**
                 * Format: date-time
                 * @description When it was given up.
                 */
                time: string;
            }[];
            /** @description The next page's `after`; absent on the last. */
            next?: string;
        };
        Consistency: {
            consistent: boolean;
            /** @description Sentences. */
            findings: string[];
        };
        Imported: {
            /** @description Resources that are new. */
            created: number;
            /** @description Resources that were there already, in the state of the line. */
            present: number;
            /** @description Members of the lines that are in their groups now. */
            members: number;
            refused: {
                line: number;
                detail: string;
            }[];
        };
        Problem: {
            /** @constant */
            type: "about:blank";
            title: string;
            status: number;
            /** @description What to change. */
            detail: string;
        };
    };
    responses: {
        /** @description The position lies before the oldest event still kept, or past the newest. */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter or the body is not what the call takes. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A credential without the scope that this takes. */
        Forbidden: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No credential that opens the admin API. */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The address has other methods. */
        MethodNotAllowed: {
            headers: {
                Allow: components["headers"]["Allow"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description What is there stands in the way. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large. */
        ContentTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many sign-ins from this address failed. */
        TooManyRequests: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Others are at it; the request can be sent again. */
        Unavailable: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The tenant's slug. */
        slug: string;
        /** @description Entries of the page. */
        limit: number;
    };
    requestBodies: never;
    headers: {
        /** @description Seconds to wait. */
        "Retry-After": number;
        /** @description The scheme to use: RFC 6750. */
        "WWW-Authenticate": string;
        /** @description The methods that the address has. */
        Allow: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listEvents: {
        parameters: {
            query?: {
                /** @description Events behind this position; 0 is the beginning, `latest` the end. */
                after?: string;
                /** @description One tenant's; without it, all. */
                tenant?: components["schemas"]["Slug"];
                /** @description Types, or families of them as `user.*`, separated by commas; without it, all. */
                types?: string;
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description Seconds to wait for an event where there is none yet. */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: a slug. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTenant"];
            };
        };
        responses: {
            /** @description The tenant. */
            201: {
                headers: {
                    /** @description The new tenant's address. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    deleteTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Some of the work is left: send the same request again. */
            202: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    changeTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantChange"];
            };
        };
        responses: {
            /** @description The tenant as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description Some of the work is left: send the same request again. */
            202: {
                headers: {
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The token's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its next request is refused. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listClients: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClientPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewClient"];
            };
        };
        responses: {
            /** @description What was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedClient"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    revokeClient: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSecret"];
            };
        };
        responses: {
            /** @description What was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    revokeSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The client's id. */
                client: string;
                /** @description The secret's id. */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listIssuers: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuerPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createIssuer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewIssuer"];
            };
        };
        responses: {
            /** @description What was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Issuer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    revokeIssuer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    rotateToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The token's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description The new token, shown this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listSchemas: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        schemas: components["schemas"]["Schema"][];
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    getSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The schema's URN. */
                urn: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schema. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    putSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The schema's URN. */
                urn: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchema"];
            };
        };
        responses: {
            /** @description Changed, or as it was. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schema"];
                };
            };
            /** @description New. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The schema's URN. */
                urn: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listResourceTypes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        resource_types: components["schemas"]["ResourceType"][];
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    getResourceType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource type's name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resource type. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceType"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    putResourceType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource type's name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewResourceType"];
            };
        };
        responses: {
            /** @description Changed, or as it was. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceType"];
                };
            };
            /** @description New. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceType"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteResourceType: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource type's name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTenantEvents: {
        parameters: {
            query?: {
                /** @description Events behind this position; 0 is the beginning, `latest` the end. */
                after?: string;
                /** @description Types, or families of them as `user.*`, separated by commas; without it, all. */
                types?: string;
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description Seconds to wait for an event where there is none yet. */
                wait?: number;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    getMapping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rules and what they make of the present groups. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mapping"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    putMapping: {
        parameters: {
            query?: {
                /** @description `true` stores nothing. */
                dry_run?: boolean;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMapping"];
            };
        };
        responses: {
            /** @description As GET answers, with the groups that become something else. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedMapping"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTombstones: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TombstonePage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    restoreTombstone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The resource's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is there again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tombstone"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRequests: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
                /** @description From this time on. */
                since?: string;
                /** @description Before this time. */
                until?: string;
                /** @description A status as 409, or a class as 4xx. */
                status?: string;
                /** @description An HTTP method. */
                method?: string;
                /** @description A resource's id. */
                resource?: string;
                /** @description Whom the request named, upper and lower case alike. */
                userName?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. It may be short, or empty, and have a `next` all the same: it reads only so many entries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    getRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The request's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Request"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    replayRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The request's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The command line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    checkConsistency: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consistency"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    exportTenant: {
        parameters: {
            query?: {
                /** @description As the header `Link` of the page before says. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    /** @description The next page, with `rel="next"`; absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    importTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description What became of the lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Imported"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["Unavailable"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description The webhook. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithDelivery"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretRotation"];
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    redeliverEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Redelivery"];
            };
        };
        responses: {
            /** @description They wait. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redelivered"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: a position. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTenantWebhooks: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
        };
    };
    createTenantWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description The webhook. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    getTenantWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithDelivery"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteTenantWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
        };
    };
    changeTenantWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateTenantWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretRotation"];
            };
        };
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    testTenantWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
        };
    };
    redeliverTenantEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Redelivery"];
            };
        };
        responses: {
            /** @description They wait. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redelivered"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTenantDeliveries: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTenantDeadLetters: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: a position. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listStreams: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewStream"];
            };
        };
        responses: {
            /** @description The stream. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    deleteStream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's slug. */
                slug: components["parameters"]["slug"];
                /** @description The stream's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listSigningKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKeyList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    rotateSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyRotation"];
            };
        };
        responses: {
            /** @description The new key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listCredentials: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: an id. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CredentialPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    createCredential: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCredential"];
            };
        };
        responses: {
            /** @description The credential with its token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedCredential"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            413: components["responses"]["ContentTooLarge"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    revokeCredential: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The credential's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its next call is refused. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before: the number of an entry. */
                after?: string;
                /** @description Of this tenant alone: a slug. */
                tenant?: string;
                /** @description Which entries come first. */
                order?: "oldest" | "newest";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            429: components["responses"]["TooManyRequests"];
        };
    };
}
