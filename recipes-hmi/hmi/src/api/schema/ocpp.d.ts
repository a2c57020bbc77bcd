// Made by "npm run generate" from openapi/ocpp.json. Do not edit.

export interface paths {
    "/v1/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The connection, the queue and the newest transactions. */
        get: operations["state"];
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
        /**
         * @description What the CSMS said to our boot notification.
         * @enum {string}
         */
        Boot: "unanswered" | "pending" | "rejected" | "accepted";
        /**
         * @description How far a wall clock reading can be trusted (the terms are OCMF's).
         * @enum {string}
         */
        ClockQuality: "unset" | "informative" | "synchronised";
        /** @description The connection to the CSMS. */
        Connection: {
            /**
             * Format: int64
             * @description By how much the CSMS's clock is ahead of ours, in ms, as it last said.
             */
            csms_clock_ahead_ms?: number | null;
            /** @description Since when, on the wall. */
            since: components["schemas"]["Wall"];
            /** @description How it stands. */
            status: components["schemas"]["ConnectionStatus"];
            /** @description Where to, with the charge point's identity, without any secret; `None` until configured. */
            url?: string | null;
        };
        /**
         * @description How the connection stands.
         * @enum {string}
         */
        ConnectionStatus: "off" | "refused" | "waiting" | "connecting" | "connected";
        ConnectorId: number;
        /** @description What came in and was thrown away, or went out in vain, since the start. */
        Dropped: {
            /**
             * Format: int64
             * @description Answers to nothing that we asked, or too late.
             */
            answers: number;
            /**
             * Format: int64
             * @description Calls with an unknown action or a payload that breaks the schema; they were answered with an error.
             */
            calls: number;
            /**
             * Format: int64
             * @description Messages from the controller that could not be read.
             */
            controller: number;
            /**
             * Format: int64
             * @description Errors that the CSMS answered with.
             */
            errors: number;
            /**
             * Format: int64
             * @description Messages that are no OCPP frame.
             */
            frames: number;
            /**
             * Format: int64
             * @description Questions that the CSMS did not answer in time.
             */
            timeouts: number;
        };
        /** @description An update that the CSMS asked for. What `system` does about it is in its own state, under the same reference. */
        FirmwareUpdate: {
            /** @description Whether that status is the last one. */
            ended: boolean;
            /** @description What `system` was told to call it. */
            reference: string;
            /**
             * Format: int32
             * @description What the CSMS calls it.
             */
            request_id: number;
            /** @description The newest status in OCPP's words, told or about to be. */
            status?: string | null;
            /**
             * Format: int64
             * @description How many statuses and security events the CSMS has not heard yet.
             */
            untold: number;
        };
        /**
         * @description Whether a daemon is heard.
         * @enum {string}
         */
        Heard: "yes" | "no";
        /** @description `GET /v1/state` of `ocpp`. */
        OcppState: {
            /** @description What the CSMS said to our boot notification. */
            boot: components["schemas"]["Boot"];
            /**
             * Format: int64
             * @description The version of the configuration that it goes by; `None` until the controller was first heard.
             */
            config_version?: number | null;
            /** @description The connection to the CSMS. */
            connection: components["schemas"]["Connection"];
            /** @description Whether the controller is heard. */
            controller: components["schemas"]["Heard"];
            /** @description What came in and was thrown away, or went out in vain. */
            dropped: components["schemas"]["Dropped"];
            firmware?: components["schemas"]["FirmwareUpdate"] | null;
            last_error?: components["schemas"]["Trouble"] | null;
            /** @description Messages of transactions. */
            queue: components["schemas"]["Queue"];
            /** @description The newest 50 transactions, newest first. */
            transactions: components["schemas"]["Transaction"][];
            /** @description The daemon's version. */
            version: string;
        };
        /** @description Why a request was not carried out, in words for a person and a code for a program. */
        Problem: {
            /** @description Stable, in `snake_case`: `not_found`, `bad_request`, `conflict`, `forbidden`, `unavailable`, … */
            code: string;
            /** @description What is wrong and what would have been right. */
            message: string;
            /** @description The JSON pointer of the field that is wrong. */
            pointer?: string | null;
        };
        /** @description Messages of transactions that wait. */
        Queue: {
            /**
             * Format: int64
             * @description The last number of the controller's outbox that is stored here.
             */
            cursor: number;
            /**
             * Format: int64
             * @description How many wait.
             */
            depth: number;
            /**
             * Format: int64
             * @description How many were given up after the CSMS refused them too often, or could never be sent.
             */
            given_up: number;
        };
        /** @description A session: a random UUID that the shell provides; also the OCPP 2.0.1 transaction id. */
        SessionId: string;
        /** @description One transaction as the CSMS knows it. */
        Transaction: {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description Whether the CSMS has acknowledged its end. */
            delivered: boolean;
            /** @description Why it will never be delivered, if so. */
            given_up?: string | null;
            /**
             * Format: int64
             * @description The register at the start, in whole Wh.
             */
            meter_start_wh: number;
            /**
             * Format: int64
             * @description The register at the end, in whole Wh.
             */
            meter_stop_wh?: number | null;
            /** @description Our session. */
            session: components["schemas"]["SessionId"];
            /** @description When it started. */
            started: components["schemas"]["Wall"];
            stopped?: components["schemas"]["Wall"] | null;
            /**
             * Format: int32
             * @description The CSMS's number, once it gave one.
             */
            transaction_id?: number | null;
        };
        /** @description Something that went wrong. */
        Trouble: {
            /** @description When. */
            at: components["schemas"]["Wall"];
            /** @description In words, without any secret. */
            message: string;
        };
        /** @description Civil time in milliseconds since 1970-01-01T00:00:00Z, with what it is worth. */
        Wall: {
            /**
             * Format: int64
             * @description Milliseconds since the Unix epoch, UTC.
             */
            ms: number;
            /** @description What the reading is worth. */
            quality: components["schemas"]["ClockQuality"];
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
    state: {
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
                    "application/json": components["schemas"]["OcppState"];
                };
            };
            /** @description The daemon is busy */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
