// Made by "npm run generate" from openapi/hmi.json. Do not edit.

export interface paths {
    "/api/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["data"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/data/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["unlock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["sign_out"];
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
        /** @description What is true of the data partition. */
        DataState: {
            /** @description Whether it is open. */
            partition: components["schemas"]["Partition"];
            /** @description Whether there is a recovery key that would open it. */
            recovery_key: components["schemas"]["RecoveryKeyPresence"];
        };
        /**
         * @description Why the data cannot be used.
         * @enum {string}
         */
        LockReason: "tpm_refuses" | "tpm_absent" | "partition_absent" | "not_encrypted" | "not_sealed" | "unreadable" | "other";
        /** @description Who is signed in: `GET /api/me`, and the answer to a sign-in. */
        Me: {
            /**
             * Format: int64
             * @description Seconds until the session ends whatever is done.
             */
            expires_in_s: number;
            /** @description What the user may do. */
            role: components["schemas"]["Role"];
            /** @description The user's name. */
            user: string;
            /** @description The version of this daemon. */
            version: string;
        };
        /** @description Whether the data can be used. */
        Partition: {
            /** @enum {string} */
            kind: "open";
        } | {
            /** @enum {string} */
            kind: "locked";
            /** @description The same in words for a person, and what to do. */
            message: string;
            /** @description Why. */
            reason: components["schemas"]["LockReason"];
        };
        /**
         * @description Whether a recovery key was made.
         * @enum {string}
         */
        RecoveryKeyPresence: "made" | "none" | "unknown";
        /**
         * @description A role; each may do what the ones before it may.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "service" | "oem";
        /** @description What became of the sealing. */
        Sealed: {
            /** @enum {string} */
            kind: "renewed";
        } | {
            /** @enum {string} */
            kind: "kept";
        } | {
            /** @enum {string} */
            kind: "failed";
            /** @description Why. */
            message: string;
        };
        /**
         * @description Whether what was opened by its recovery key is sealed anew.
         * @enum {string}
         */
        Sealing: "renew" | "keep";
        /** @description `POST /api/sign-in`. */
        SignIn: {
            /** @description The password. */
            password: string;
            /** @description Who. */
            user: string;
        };
        /** @description `POST /v1/data/unlock`. */
        Unlock: {
            /** @description The recovery key, with or without hyphens and spaces. */
            recovery_key: string;
            /** @description What of the sealing. */
            sealing?: components["schemas"]["Sealing"];
        };
        /** @description The data is open; what waited for it starts now. */
        Unlocked: {
            /** @description What became of the sealing. */
            sealing: components["schemas"]["Sealed"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    data: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DataState"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    unlock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Unlock"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unlocked"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
