// Made by "npm run generate" from openapi/plc.json. Do not edit.

export interface paths {
    "/v1/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the chain's connectors are. */
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
        /** @description A PLC chain. It names a process, a socket and a user, so its alphabet is theirs. */
        ChainId: string;
        /** @description How a connector's power line is. */
        ConnectorHealth: {
            /**
             * Format: int32
             * @description Mean attenuation of the last match, in dB.
             */
            attenuation_db?: number | null;
            /** @description Which. */
            connector: components["schemas"]["ConnectorId"];
            /** @description What was received and not understood. */
            dropped: components["schemas"]["DroppedFrames"];
            /** @description In one word. */
            health: components["schemas"]["Health"];
            /** @description Firmware of the modem, if it said. */
            modem?: string | null;
            /** @description Which plug-in this is about. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /** @description Why it is not healthy, for a person; empty if it is. */
            reason: string;
            /** @description Since when it is so. */
            since: components["schemas"]["Mono"];
            /** @description Where SLAC stands. */
            slac: components["schemas"]["Slac"];
            soc?: components["schemas"]["Percent"] | null;
            v2g_epoch?: components["schemas"]["V2gEpoch"] | null;
        };
        ConnectorId: number;
        /** @description Counts of what came in and was thrown away. */
        DroppedFrames: {
            /**
             * Format: int64
             * @description SDP requests that could not be read.
             */
            sdp: number;
            /**
             * Format: int64
             * @description Management messages that could not be read.
             */
            slac: number;
            /**
             * Format: int64
             * @description V2GTP headers or EXI bodies that could not be read.
             */
            v2g: number;
        };
        /**
         * @description The word for a connector's or chain's power line.
         * @enum {string}
         */
        Health: "healthy" | "degraded" | "faulty" | "unknown";
        /**
         * Format: int64
         * @description An instant on the machine's monotonic clock (`CLOCK_BOOTTIME`), in nanoseconds since boot.
         *
         *     Only meaningful together with the boot it belongs to: see [`BootId`].
         */
        Mono: number;
        /**
         * Format: int32
         * @description A share in whole percent, 0 to 100: a state of charge, a pilot's duty cycle.
         */
        Percent: number;
        /** @description `GET /v1/state` of `plc@CHAIN`. */
        PlcState: {
            /** @description Which chain. */
            chain: components["schemas"]["ChainId"];
            /** @description One entry a connector. */
            connectors: components["schemas"]["ConnectorHealth"][];
            /** @description Whether the link to the controller is up. */
            controller_connected: boolean;
            /** @description The daemon's version. */
            version: string;
        };
        /**
         * Format: int32
         * @description Steps at every plug-in. What belongs to one is never used in another.
         */
        PlugInEpoch: number;
        /**
         * @description Where SLAC stands.
         * @enum {string}
         */
        Slac: "unmatched" | "matching" | "joining" | "matched" | "lost" | "failed";
        /**
         * Format: int32
         * @description Steps at every new V2G session.
         */
        V2gEpoch: number;
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
                    "application/json": components["schemas"]["PlcState"];
                };
            };
        };
    };
}
