// Made from docs/openapi-directory.json by `npm run client`: change that and not this.

export interface paths {
    "/users": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        /** Users in the order of their creation, a page of them */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path: {
                /** @description The resource's id. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        /** One user */
        get: operations["getUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        /** Pushed groups in the order of their creation, a page of them */
        get: operations["listGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{id}": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path: {
                /** @description The resource's id. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        /** One pushed group, and what it is for the product */
        get: operations["getGroup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/departments": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        /** Departments, or teams, or roles, by priority and name, each with its groups */
        get: operations["listDepartments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
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
        User: {
            id: string;
            external_id: string | null;
            user_name: string;
            active: boolean;
            /** @description The primary one, or the first. */
            email: string | null;
            given_name: string | null;
            family_name: string | null;
            display_name: string | null;
            preferred_language: string | null;
            /** @description In the order of their rules' priority: the first is the main one. */
            departments: string[];
            targets: {
                kind: string;
                name: string;
                /** @description The ids of the groups that make it so. */
                groups: string[];
            }[];
            groups: {
                id: string;
                name: string;
                /** @description Not through a group in the group. */
                direct: boolean;
            }[];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            last_modified: string;
            scim: components["schemas"]["Resource"];
        };
        UserPage: {
            users: components["schemas"]["User"][];
            total: number;
            /** @description The next page's `cursor`; absent on the last page. */
            next?: string;
        };
        Group: {
            id: string;
            external_id: string | null;
            name: string;
            targets: {
                kind: string;
                name: string;
            }[];
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            last_modified: string;
            scim: components["schemas"]["Resource"];
        };
        GroupPage: {
            groups: components["schemas"]["Group"][];
            total: number;
            /** @description The next page's `cursor`; absent on the last page. */
            next?: string;
        };
        Departments: {
            departments: {
                kind: string;
                name: string;
                priority: number;
                groups: {
                    id: string;
                    name: string;
                    /** @description Members of groups within it count too. */
                    nested: boolean;
                }[];
            }[];
            /** @description false past 100,000 groups: the rest was not looked at. */
            complete: boolean;
        };
        /** @description The whole SCIM resource, with extensions. */
        Resource: {
            [key: string]: unknown;
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
        /** @description A parameter is not what the call takes. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No token of this tenant. */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A token of another scope, or the tenant is suspended. */
        Forbidden: {
            headers: {
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
        /** @description The directory is read-only. */
        MethodNotAllowed: {
            headers: {
                Allow: components["headers"]["Allow"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request can be sent again. */
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
        /** @description The resource's id. */
        id: string;
        /** @description A filter as SCIM has it: RFC 7644, section 3.4.2.2. */
        filter: string;
        /** @description What mapping rules call it: `team`, `role`, … */
        kind: string;
        /** @description Entries of the page. */
        limit: number;
        /** @description The `next` of the page before. */
        cursor: string;
        /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
        bookmark: string;
    };
    requestBodies: never;
    headers: {
        /** @description What the next request may send, where this one sent one. */
        "X-D1-Bookmark": string;
        /** @description Seconds to wait. */
        "Retry-After": number;
        /** @description The methods that the address has. */
        Allow: string;
        /** @description The scheme to use: RFC 6750. */
        "WWW-Authenticate": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listUsers: {
        parameters: {
            query?: {
                /** @description A filter as SCIM has it: RFC 7644, section 3.4.2.2. */
                filter?: components["parameters"]["filter"];
                /** @description Only those in the group with this id, or in a group within it. */
                group?: string;
                /** @description Only those who belong to the department, team or role of this name. */
                department?: string;
                /** @description What mapping rules call it: `team`, `role`, … */
                kind?: components["parameters"]["kind"];
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path: {
                /** @description The resource's id. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
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
    listGroups: {
        parameters: {
            query?: {
                /** @description A filter as SCIM has it: RFC 7644, section 3.4.2.2. */
                filter?: components["parameters"]["filter"];
                /** @description Entries of the page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    getGroup: {
        parameters: {
            query?: never;
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path: {
                /** @description The resource's id. */
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
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
    listDepartments: {
        parameters: {
            query?: {
                /** @description What mapping rules call it: `team`, `role`, … */
                kind?: components["parameters"]["kind"];
            };
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Departments"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEvents: {
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
            header?: {
                /** @description How old the copy that is read may be: an earlier answer's own, or `first-unconstrained`. Without it the primary is read. */
                "X-D1-Bookmark"?: components["parameters"]["bookmark"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    "X-D1-Bookmark": components["headers"]["X-D1-Bookmark"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            410: components["responses"]["Gone"];
            503: components["responses"]["Unavailable"];
        };
    };
}
