// Made by "npm run generate" from openapi/controller.json. Do not edit.

export interface paths {
    "/v1/authorisation-cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forgets what the CSMS answered before. */
        delete: operations["forget"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authorisations/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An authority answers a pending authorisation. */
        post: operations["authorise"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The accepted configuration: JSON, or the file's own TOML (`Accept: application/toml`). Its version is the `ETag`. */
        get: operations["current"];
        /**
         * Another configuration, whole: JSON (`Content-Type: application/json`) or TOML. `If-Match` names the version that it was
         *     made from, or `*`. Answered when it is in force and on disk.
         */
        put: operations["put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** A merge patch (RFC 7386) over the accepted configuration. `If-Match` may name its version. */
        patch: operations["patch"];
        trace?: never;
    };
    "/v1/config/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a whole configuration would change, TOML or JSON; nothing is applied. */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions that were accepted, the newest first. */
        get: operations["versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config/history/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version's document: JSON, or TOML as it was written (`Accept: application/toml`). */
        get: operations["version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config/revert/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes an earlier version the newest one again, checked by today's rules. `If-Match` may name the accepted version. */
        post: operations["revert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The JSON Schema of the configuration, with units, ranges and when a change applies. */
        get: operations["schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connectors/{id}/clear-fault": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A person says that a connector's fault is mended. */
        post: operations["clear_fault"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connectors/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a charge from afar: the tag counts as presented and good. */
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connectors/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a running charge. */
        post: operations["stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/csms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Whether the CSMS can be asked, as its daemon knows. */
        put: operations["csms"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state at once and then at each change, at most five times a second and at least once. */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Faults that are active, the newest first, and then past ones; with `after`, more past ones. */
        get: operations["faults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/metering": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys that the controller signs sessions with: the one in use, and those before. */
        get: operations["keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/local-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The local list's version and size. */
        get: operations["local_list"];
        /** Replaces the local list whole. */
        put: operations["replace"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes the local list. */
        patch: operations["change"];
        trace?: never;
    };
    "/v1/outbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events after a number; waits for one if there is none. */
        get: operations["page"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/outbox/ack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The reader has committed everything up to a number. */
        post: operations["acknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/planner/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Requested, offered, allowed and assigned power over the last 24 hours, every 10 s and at changes, the oldest first. */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Profiles, in the order in which they are looked at. */
        get: operations["list"];
        /** Takes a profile, in place of those that it replaces. It is in force and on disk when this is answered (D15). */
        put: operations["set"];
        post?: never;
        /** Clears profiles. They are out of force and off the disk when this is answered. */
        delete: operations["clear"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/profiles/composite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The limits of the time to come, all profiles merged, and never above what is built. */
        get: operations["composite"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sessions, the newest first. */
        get: operations["sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One session. */
        get: operations["session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/ocmf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A session's signed record: one line of OCMF, byte for byte as it was signed. */
        get: operations["record"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}/ocmf.xml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same with its public key, as the file that the transparency software of S.A.F.E. reads. */
        get: operations["transparency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/site/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** What the building beside the charger draws, as measured: taken from the site's limit for as long as it holds. */
        put: operations["load"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything that a screen shows. */
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
        /** @description A configuration was taken: it is in force and on disk. */
        Accepted: {
            /** @description What it changed. */
            changes: components["schemas"]["Change"][];
            /** @description Where the file went that a hand had edited and that could not be taken; it is in nobody's way there. */
            set_aside?: string | null;
            /**
             * Format: int64
             * @description Its version; that of before if nothing changed.
             */
            version: number;
            /** @description What of all that was accepted so far still waits. */
            waiting: components["schemas"]["ConfigWaiting"][];
        };
        /** @description A reader has committed everything up to `seq`. */
        Ack: {
            /** @description Who reads: `ocpp`. */
            reader: string;
            /**
             * Format: int64
             * @description The last number committed.
             */
            seq: number;
        };
        /** @description The planner's word for a connector, and what bound it (PLN-5). */
        Allocation: {
            /** @description What the caps leave it. */
            allowed: components["schemas"]["Watts"];
            /** @description What the modules were told. */
            assigned: components["schemas"]["Watts"];
            bound_by?: components["schemas"]["Constraint"] | null;
            /** @description What the connector could carry. */
            offered: components["schemas"]["Watts"];
            /** @description What the car asks for. */
            requested: components["schemas"]["Watts"];
        };
        /**
         * @description When a change of a field is felt.
         * @enum {string}
         */
        Applies: "now" | "next session";
        /** @description Who may charge. */
        Authorisation: {
            /** @enum {string} */
            state: "none";
        } | {
            /** @description Whose. */
            id_tag: components["schemas"]["IdTag"];
            /** @description To be named in the answer. */
            request_id: string;
            /** @enum {string} */
            state: "pending";
        } | {
            /** @description On whose word. */
            by?: components["schemas"]["AuthorisedBy"];
            /** @description Who. */
            id_tag: components["schemas"]["IdTag"];
            /** @enum {string} */
            state: "granted";
        } | {
            /** @description Who. */
            id_tag: components["schemas"]["IdTag"];
            /** @enum {string} */
            state: "refused";
            /** @description Why. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description The answer to a pending authorisation. */
        Authorise: {
            /**
             * Format: int64
             * @description Until when that holds, in ms since 1970.
             */
            expires_ms?: number | null;
            group?: components["schemas"]["IdTag"] | null;
            /** @description What the authority said. */
            verdict: components["schemas"]["Verdict"];
        };
        /**
         * @description On whose word a session's owner was let in.
         * @enum {string}
         */
        AuthorisedBy: "unknown" | "local_tag" | "csms" | "local_list" | "cache" | "offline" | "remote" | "vehicle" | "contract" | "free";
        /** @description What an event tells. */
        Body: {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description Whose. */
            id_tag: components["schemas"]["IdTag"];
            /** @enum {string} */
            kind: "session_started";
            /** @description The meter at the start. */
            meter: components["schemas"]["Register"];
            /** @description Which. */
            session: components["schemas"]["SessionId"];
        } | {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description Current to the car. */
            current: components["schemas"]["Milliamps"];
            /** @enum {string} */
            kind: "meter_values";
            /** @description The energy register. */
            meter: components["schemas"]["Register"];
            /** @description Power to the car. */
            power: components["schemas"]["Watts"];
            /**
             * Format: int64
             * @description The register as it is told, in Wh: it goes on where the meter's own does not (D14).
             */
            reported_wh?: number | null;
            /** @description Which session. */
            session: components["schemas"]["SessionId"];
            soc?: components["schemas"]["Percent"] | null;
            /** @description Voltage at the connector. */
            voltage: components["schemas"]["Millivolts"];
        } | {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description Whose. */
            id_tag: components["schemas"]["IdTag"];
            /** @enum {string} */
            kind: "session_stopped";
            /** @description The meter at the end. */
            meter: components["schemas"]["Register"];
            /** @description Why. */
            reason: components["schemas"]["StopReason"];
            /**
             * Format: int64
             * @description The register as it is told, in Wh.
             */
            reported_wh?: number | null;
            /** @description Which. */
            session: components["schemas"]["SessionId"];
        } | (components["schemas"]["Receipt"] & {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
        } & {
            /** @enum {string} */
            kind: "session_signed";
        });
        /** @description Which boot a [`Mono`] belongs to: the kernel's `boot_id`. */
        BootId: string;
        /** @description What the building beside the charger draws, as measured. */
        BuildingLoad: {
            /**
             * Format: int32
             * @description It holds for so long, in s (1 to 3,600). After that the configured load counts again, or this one if it was larger.
             */
            valid_s: number;
            /**
             * Format: int64
             * @description So much, in W (0 to 10,000,000).
             */
            watts: number;
        };
        /** @description What carries a connector's power. */
        Carriers: {
            /** @description The modules that deliver it, or were told to. */
            modules: components["schemas"]["ModuleId"][];
            /** @description The contactors of the ties that lead to them. */
            ties: components["schemas"]["ContactorId"][];
        };
        /** @description One PLC chain. */
        Chain: {
            /** @description What its connectors draw. */
            drawn: components["schemas"]["Watts"];
            /** @description The power line of each connector, as its process last said. */
            health: components["schemas"]["ConnectorHealth"][];
            /** @description Its name. */
            id: components["schemas"]["ChainId"];
            /** @description Whether its process is connected. */
            link: components["schemas"]["Link"];
            /** @description Its power cap. */
            power_cap: components["schemas"]["Watts"];
        };
        /** @description A PLC chain. It names a process, a socket and a user, so its alphabet is theirs. */
        ChainId: string;
        /** @description One field that differs. */
        Change: {
            /** @description What stands there now; null if nothing does. */
            after?: unknown;
            /** @description When it is felt. */
            applies: components["schemas"]["Applies"];
            /** @description What stood there; null if nothing did. */
            before?: unknown;
            /** @description The JSON pointer of the field. */
            pointer: string;
        };
        /** @description A charging profile. */
        ChargingProfile: {
            connector?: components["schemas"]["ConnectorId"] | null;
            /**
             * Format: int32
             * @description Its author's number for it.
             */
            id: number;
            /** @description From when its schedule counts. */
            kind: components["schemas"]["ProfileKind"];
            /** @description What it is for. */
            purpose: components["schemas"]["ProfilePurpose"];
            /** @description Its limits. */
            schedule: components["schemas"]["ChargingSchedule"];
            /**
             * Format: int32
             * @description Higher ones go before lower ones.
             */
            stack_level: number;
            transaction?: components["schemas"]["SessionId"] | null;
            /**
             * Format: int64
             * @description Not before this date.
             */
            valid_from_ms?: number | null;
            /**
             * Format: int64
             * @description Not from this date on.
             */
            valid_to_ms?: number | null;
        };
        /** @description Limits over time. */
        ChargingSchedule: {
            /**
             * Format: int32
             * @description How long it is; without end if not given.
             */
            duration_s?: number | null;
            /**
             * Format: int64
             * @description Below this the car charges badly: advice.
             */
            min_rate_milli?: number | null;
            /** @description In order, the first at 0. */
            periods: components["schemas"]["SchedulePeriod"][];
            /**
             * Format: int64
             * @description The date that it counts from.
             */
            start_ms?: number | null;
            /** @description The unit of its limits. */
            unit: components["schemas"]["RateUnit"];
        };
        /** @description A configuration would be taken. */
        Checked: {
            /** @description What it would change. */
            changes: components["schemas"]["Change"][];
        };
        /** @description What ended a fault. */
        ClearedBy: {
            /** @enum {string} */
            kind: "itself";
        } | {
            /** @enum {string} */
            kind: "person";
            /** @description Who, as they signed in. */
            name: string;
        } | {
            /** @enum {string} */
            kind: "restart";
        } | {
            /** @enum {string} */
            kind: "power_cut";
        } | {
            /** @enum {string} */
            kind: "unknown";
        };
        /** @description Clear a latched fault of a connector. */
        ClearFault: {
            /** @description Made by the asker, at most 64 characters. */
            command_id: string;
        };
        /**
         * @description How far a wall clock reading can be trusted (the terms are OCMF's).
         * @enum {string}
         */
        ClockQuality: "unset" | "informative" | "synchronised";
        /** @description `GET /v1/profiles/composite`: the limits of the time to come, all profiles merged. */
        CompositeSchedule: {
            connector?: components["schemas"]["ConnectorId"] | null;
            /**
             * Format: int32
             * @description How far it goes.
             */
            duration_s: number;
            /** @description In order, the first at 0; neighbours differ. */
            periods: components["schemas"]["SchedulePeriod"][];
            /** @description The date that it counts from: now. */
            start: components["schemas"]["Wall"];
            /** @description The unit of its limits. */
            unit: components["schemas"]["RateUnit"];
        };
        /** @description A change of the configuration that waits for a connector to be free. */
        ConfigWaiting: {
            /** @description The connector. */
            connector: components["schemas"]["ConnectorId"];
            /** @description JSON pointer of the field; of the list, for an entry that is to go. */
            pointer: string;
        };
        /** @description One connector. */
        Connector: {
            /** @description The planner's word. */
            allocation: components["schemas"]["Allocation"];
            /** @description Who may charge. */
            authorisation: components["schemas"]["Authorisation"];
            /** @description What carries its power. */
            carried_by?: components["schemas"]["Carriers"];
            /** @description On which chain. */
            chain: components["schemas"]["ChainId"];
            /** @description The contactors that connect it. */
            contactors: components["schemas"]["Contactor"][];
            /** @description The EVSEID told to cars. */
            evse_id: string;
            /** @description Which. */
            id: components["schemas"]["ConnectorId"];
            /** @description The insulation. */
            isolation: components["schemas"]["Isolation"];
            last_stop?: components["schemas"]["StopReason"] | null;
            /** @description Whether the plug is locked. */
            locked: boolean;
            /** @description Where it is in its life. */
            phase: components["schemas"]["Phase"];
            /** @description The control pilot. */
            pilot: components["schemas"]["Pilot"];
            /** @description Counts plug-ins. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /** @description Measured at the connector. */
            present: components["schemas"]["Present"];
            session?: components["schemas"]["RunningSession"] | null;
            /** @description Since when. */
            since: components["schemas"]["Mono"];
            temperature?: components["schemas"]["DeciCelsius"] | null;
            v2g_epoch?: components["schemas"]["V2gEpoch"] | null;
            vehicle?: components["schemas"]["Vehicle"] | null;
        };
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
        /** @description One connector as the chain's process needs to know it. */
        ConnectorSetup: {
            /** @description Which. */
            connector: components["schemas"]["ConnectorId"];
            /** @description The EVSEID told to cars, such as `DE*ABC*E1234*1`. */
            evse_id: string;
            /** @description The network interface of its modem. */
            interface: string;
            /** @description What may be spoken, best first. */
            protocols: components["schemas"]["Protocol"][];
        };
        /**
         * @description A constraint of the planner.
         * @enum {string}
         */
        Constraint: "site" | "ocpp" | "chain" | "cable" | "modules" | "vehicle" | "derating";
        /** @description One contactor. */
        Contactor: {
            /** @description What it is asked to be closed for. */
            asked: components["schemas"]["Purpose"];
            /** @description What its mirror contact says. */
            feedback: components["schemas"]["ContactorFeedback"];
            /** @description What the MCU has granted. */
            granted: components["schemas"]["Purpose"];
            /** @description Which. */
            id: components["schemas"]["ContactorId"];
            /** @description Whether each gate of the MCU stands on a sensor of its own. */
            verified: boolean;
        };
        /**
         * @description What a contactor's mirror contact says.
         * @enum {string}
         */
        ContactorFeedback: "unknown" | "open" | "closed" | "welded";
        /**
         * Format: int32
         * @description One contactor of the cabinet's layout.
         */
        ContactorId: number;
        /** @description `GET /v1/state`, and each `state` event of `GET /v1/events`. */
        ControllerState: {
            /** @description When it was so. */
            at: components["schemas"]["Mono"];
            /** @description Which boot `at` belongs to. */
            boot_id: components["schemas"]["BootId"];
            /** @description The PLC chains. */
            chains: components["schemas"]["Chain"][];
            /**
             * Format: int64
             * @description The version of the accepted configuration.
             */
            config_version: number;
            /** @description What of it is not in force yet, and the connector that it waits for. */
            config_waiting?: components["schemas"]["ConfigWaiting"][];
            /** @description The connectors. */
            connectors: components["schemas"]["Connector"][];
            /** @description What came in and was thrown away. */
            dropped: components["schemas"]["Dropped"];
            /** @description Active faults, worst first. */
            faults: components["schemas"]["Fault"][];
            /** @description The MCU. */
            mcu: components["schemas"]["Mcu"];
            /** @description The power modules. */
            modules: components["schemas"]["Module"][];
            /**
             * Format: int64
             * @description Steps at every change that is told.
             */
            rev: number;
            /** @description The site. */
            site: components["schemas"]["Site"];
            /** @description The bus ties. */
            ties?: components["schemas"]["Tie"][];
            /** @description The daemon's version. */
            version: string;
            /** @description The wall clock then. */
            wall: components["schemas"]["Wall"];
        };
        /** @description `PUT /v1/csms`: how the charger stands with its CSMS, as its daemon knows. */
        CsmsLink: {
            /** @description Whether it can be asked. */
            reach: components["schemas"]["CsmsReach"];
        };
        /**
         * @description Whether the CSMS can be asked.
         * @enum {string}
         */
        CsmsReach: "unknown" | "online" | "offline";
        /**
         * Format: int32
         * @description Temperature in tenths of a degree Celsius.
         */
        DeciCelsius: number;
        /** @description What the car wants. Latest wins; void after `valid_until`. */
        Demand: {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description The most it can take. */
            limits: components["schemas"]["VehicleLimits"];
            /** @description In which plug-in. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /** @description Whether it says that it is ready. */
            ready: boolean;
            soc?: components["schemas"]["Percent"] | null;
            /** @description Where the car is. */
            stage: components["schemas"]["Stage"];
            target_current?: components["schemas"]["Milliamps"] | null;
            target_voltage?: components["schemas"]["Millivolts"] | null;
            /** @description In which V2G session. */
            v2g_epoch: components["schemas"]["V2gEpoch"];
            /** @description Until when it holds. */
            valid_until: components["schemas"]["Mono"];
        };
        /** @description Counts of what came in and was thrown away, by wire. */
        Dropped: {
            /**
             * Format: int64
             * @description CAN frames.
             */
            can: number;
            /**
             * Format: int64
             * @description HTTP bodies.
             */
            http: number;
            /**
             * Format: int64
             * @description Messages of a chain's link.
             */
            link: number;
            /**
             * Format: int64
             * @description MCU frames.
             */
            mcu: number;
            /**
             * Format: int64
             * @description Modbus answers.
             */
            modbus: number;
            /**
             * Format: int64
             * @description RFID lines.
             */
            rfid: number;
        };
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
        /** @description One event. */
        Event: {
            /** @description When it happened. */
            at: components["schemas"]["Stamp"];
            /** @description What happened. */
            body: components["schemas"]["Body"];
            /**
             * Format: int64
             * @description Its number: strictly rising, never used twice.
             */
            seq: number;
        };
        /** @description What the cabinet can give now. */
        EvseLimits: {
            /** @description Highest current. */
            max_current: components["schemas"]["Milliamps"];
            /** @description Highest power. */
            max_power: components["schemas"]["Watts"];
            /** @description Highest voltage. */
            max_voltage: components["schemas"]["Millivolts"];
            /** @description Lowest current. */
            min_current: components["schemas"]["Milliamps"];
            /** @description Lowest voltage. */
            min_voltage: components["schemas"]["Millivolts"];
        };
        /** @description One fault, active or past. All instants are of one boot. */
        Fault: {
            /** @description Which boot the instants belong to. */
            boot?: components["schemas"]["BootId"];
            /** @description What it most likely comes from. */
            cause?: string;
            chain?: components["schemas"]["ChainId"] | null;
            cleared?: components["schemas"]["Mono"] | null;
            cleared_by?: components["schemas"]["ClearedBy"] | null;
            cleared_wall?: components["schemas"]["Wall"] | null;
            /** @description What. */
            code: components["schemas"]["FaultCode"];
            connector?: components["schemas"]["ConnectorId"] | null;
            /**
             * Format: int32
             * @description How often it came: one that comes again soon is counted, not told as another.
             */
            count: number;
            /** @description What was seen, as a sentence. */
            detail: string;
            /** @description What it does to charging. */
            effect?: string;
            /** @description When it was first seen. */
            first: components["schemas"]["Mono"];
            /** @description The same on the wall. */
            first_wall: components["schemas"]["Wall"];
            /**
             * Format: int64
             * @description Its number in the store, by which pages are turned; none until it is written.
             */
            id?: number | null;
            /** @description When it was last seen. */
            last: components["schemas"]["Mono"];
            /** @description The same on the wall. */
            last_wall?: components["schemas"]["Wall"];
            /** @description Whether it stays until somebody clears it. */
            latched: boolean;
            /** @description Its name in the public list, where that has one. */
            mrec?: string | null;
            /** @description Which part: a module's, meter's or chain's name. */
            part?: string | null;
            readings?: components["schemas"]["Readings"] | null;
            /** @description What to do first. */
            remedy: string;
            /** @description How bad it is. */
            severity?: components["schemas"]["Severity"];
        };
        /**
         * @description What can be wrong.
         * @enum {string}
         */
        FaultCode: "connector_lock_failure" | "ground_failure" | "high_temperature" | "over_current" | "over_voltage" | "under_voltage" | "weak_signal" | "emergency_stop" | "authorization_timeout" | "invalid_vehicle_mode" | "cable_check_fault" | "precharge_failure" | "no_internet" | "pilot_fault" | "power_loss" | "vehicle_contactor_fault" | "contactor_fault" | "cable_over_temp_derate" | "cable_over_temp_stop" | "partial_insertion" | "capacitance_fault" | "resistance_fault" | "proximity_fault" | "connector_voltage_high" | "broken_latch" | "cut_cable" | "diode_fault" | "ventilation_not_available" | "brown_out" | "energy_management" | "permanent_fault" | "tilt_detected" | "water_ingress_detected" | "enclosure_open" | "internal" | "inoperative" | "voltage_plausibility_fault" | "powermeter_transaction_start_failed" | "lock_cap_not_charged" | "lock_unexpected_open" | "lock_unexpected_close" | "lock_failed_lock" | "lock_failed_unlock" | "rcd_selftest" | "rcd_dc" | "rcd_ac" | "isolation_monitor_fault" | "isolation_monitor_communication" | "over_voltage_monitor_fault" | "over_voltage_monitor_communication" | "module_communication" | "module_fault" | "module_over_temperature" | "module_under_temperature" | "module_under_voltage_ac" | "module_over_voltage_ac" | "module_under_voltage_dc" | "module_over_voltage_dc" | "module_over_current_ac" | "module_over_current_dc" | "meter_communication" | "meter_register" | "mcu_communication" | "chain_communication" | "vehicle_communication" | "slac_failure" | "configuration_rejected" | "store_failure" | "vendor_error" | "vendor_warning" | "unknown";
        /** @description An answer to `GET /v1/faults`. */
        Faults: {
            /** @description The newest first: those that are active (`cleared` is null), then past ones. */
            faults: components["schemas"]["Fault"][];
            /**
             * Format: int64
             * @description More past ones stand behind this number: ask with `after`.
             */
            next?: number | null;
        };
        /** @description What `plc` says. */
        FromPlc: {
            /** @description Which chain. */
            chain: components["schemas"]["ChainId"];
            /** @description Made anew at each start of the process: tells a restart from a reconnect. */
            instance: string;
            /** @enum {string} */
            kind: "hello";
            /** @description The V2G sessions that this process still holds, so that a restarted controller can adopt them. */
            running: components["schemas"]["Running"][];
            /**
             * Format: int32
             * @description [`VERSION`].
             */
            version: number;
        } | (components["schemas"]["Demand"] & {
            /** @enum {string} */
            kind: "demand";
        }) | {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description What. */
            event: components["schemas"]["Event"];
            /** @enum {string} */
            kind: "event";
            /** @description In which plug-in. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /**
             * Format: int64
             * @description Rising by one within an `instance`.
             */
            seq: number;
        } | (components["schemas"]["ConnectorHealth"] & {
            /** @enum {string} */
            kind: "health";
        });
        /**
         * @description The controller's word on one step.
         * @enum {string}
         */
        Grant: "pending" | "granted" | "refused";
        /**
         * @description The word for a connector's or chain's power line.
         * @enum {string}
         */
        Health: "healthy" | "degraded" | "faulty" | "unknown";
        /** @description Who asks to charge: an RFID UID, an eMAID, a remote tag. Printed in part only, as it can be cloned. */
        IdTag: string;
        /** @description The insulation between the DC lines and earth. */
        Isolation: {
            /** @enum {string} */
            state: "unknown";
        } | {
            /** @enum {string} */
            state: "testing";
        } | {
            /** @description As measured. */
            resistance: components["schemas"]["Ohms"];
            /** @enum {string} */
            state: "valid";
        } | {
            /** @description As measured. */
            resistance: components["schemas"]["Ohms"];
            /** @enum {string} */
            state: "failed";
        };
        /** @description Whether something is heard. */
        Link: {
            /** @description Since when it is so. */
            since: components["schemas"]["Mono"];
            /** @description It is. */
            up: boolean;
        };
        /** @description The local list: `PUT /v1/local-list` replaces it whole. */
        LocalList: {
            /** @description All of it. */
            tokens: components["schemas"]["Token"][];
            /**
             * Format: int32
             * @description The CSMS's number for it.
             */
            version: number;
        };
        /** @description `PATCH /v1/local-list`: what is different in a newer version. */
        LocalListChange: {
            /** @description New, or other than before. */
            put: components["schemas"]["Token"][];
            /** @description Not in it any more. */
            remove: components["schemas"]["IdTag"][];
            /**
             * Format: int32
             * @description Of the list with these changes; higher than the one before.
             */
            version: number;
        };
        /** @description `GET /v1/local-list`. */
        LocalListState: {
            /** @description How many tags it has. */
            size: number;
            /**
             * Format: int32
             * @description 0 without a list.
             */
            version: number;
        };
        /** @description The real-time controller. */
        Mcu: {
            /** @description Whether the emergency stop is pressed. */
            emergency_stop: boolean;
            /**
             * Format: int32
             * @description What is left of the contactor lease, in ms.
             */
            lease_remaining_ms?: number | null;
            /** @description Whether it is heard. */
            link: components["schemas"]["Link"];
            /** @description Whether the modules are allowed to run by the MCU's line. */
            modules_inhibited: boolean;
            /**
             * Format: int32
             * @description Its protocol version, once heard.
             */
            version?: number | null;
        };
        /** @description A key that the controller signs with, or has signed with. */
        MeteringKey: {
            /** @description What it signs by. */
            algorithm: string;
            /** @description Where its private half is. */
            kind: components["schemas"]["Signer"];
            /** @description What its records name it (`GS`). */
            name: string;
            /** @description The public key: a DER `SubjectPublicKeyInfo` in hexadecimal. */
            public_key: string;
            /**
             * Format: int64
             * @description How many records it has signed.
             */
            records: number;
            /** @description When it was first used. */
            since: components["schemas"]["Stamp"];
        };
        /** @description The keys that the controller signs sessions with. */
        MeteringKeys: {
            /** @description The name of the one in use; none while there is none. */
            current?: string | null;
            /** @description All that were ever used here, the newest first: more than one where the key has changed. */
            keys: components["schemas"]["MeteringKey"][];
            /** @description Why sessions wait to be signed, if they do. */
            problem?: string | null;
        };
        /**
         * Format: int64
         * @description Electric current in milliamperes; positive flows towards the car.
         */
        Milliamps: number;
        /**
         * Format: int64
         * @description Electric potential in millivolts.
         */
        Millivolts: number;
        /** @description One thing that a configuration has wrong. */
        Mistake: {
            /** @description What would have been taken. */
            expected: string;
            /** @description The two in a sentence. */
            message: string;
            /** @description The JSON pointer of the field. */
            pointer: string;
            /** @description What stands there, as text. */
            value: string;
        };
        /** @description One power module. */
        Module: {
            connector?: components["schemas"]["ConnectorId"] | null;
            /** @description Measured output current. */
            current: components["schemas"]["Milliamps"];
            /** @description Its driver. */
            driver: string;
            /** @description Its own faults, in the driver's words. */
            faults: string[];
            /** @description Its configured name. */
            id: components["schemas"]["ModuleId"];
            /** @description Whether it is heard. */
            link: components["schemas"]["Link"];
            /** @description Whether its output is on. */
            on: boolean;
            /** @description Its serial number, if it said. */
            serial?: string | null;
            /** @description The current it was told. */
            set_current: components["schemas"]["Milliamps"];
            /** @description The voltage it was told. */
            set_voltage: components["schemas"]["Millivolts"];
            /** @description Measured output voltage. */
            voltage: components["schemas"]["Millivolts"];
        };
        /** @description A power module as the configuration names it. */
        ModuleId: string;
        /**
         * Format: int64
         * @description An instant on the machine's monotonic clock (`CLOCK_BOOTTIME`), in nanoseconds since boot.
         *
         *     Only meaningful together with the boot it belongs to: see [`BootId`].
         */
        Mono: number;
        /**
         * Format: int64
         * @description Resistance in ohms, as an isolation monitor reports it.
         */
        Ohms: number;
        /** @description What a session is measured with, and where, as it was when the session began. */
        Outlet: {
            /** @description The connector's EVSEID. */
            evse_id: string;
            /** @description Which one of theirs it is. */
            meter_model: string;
            /** @description Who makes the meter. */
            meter_vendor: string;
        };
        /** @description An answer to `GET /v1/outbox`. */
        Page: {
            /** @description In order, at most as many as were asked for; empty when the wait ran out. */
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description The newest number there is: how far behind the reader is.
             */
            newest: number;
        };
        /**
         * Format: int32
         * @description A share in whole percent, 0 to 100: a state of charge, a pilot's duty cycle.
         */
        Percent: number;
        /**
         * @description Where a connector is in its life.
         * @enum {string}
         */
        Phase: "available" | "matching" | "authorising" | "preparing" | "cable_check" | "pre_charge" | "charging" | "stopping" | "welding_check" | "finishing" | "faulted" | "unavailable";
        /**
         * @description The control pilot's state (IEC 61851-1 table A.4).
         * @enum {string}
         */
        Pilot: "UNKNOWN" | "A" | "B" | "C" | "D" | "E" | "F";
        /**
         * Format: int32
         * @description Steps at every plug-in. What belongs to one is never used in another.
         */
        PlugInEpoch: number;
        /** @description An answer to `GET /v1/planner/history`. */
        PowerHistory: {
            /**
             * Format: int64
             * @description More stand behind this number: ask with `after`.
             */
            next?: number | null;
            /** @description The oldest first. */
            samples: components["schemas"]["PowerSample"][];
        };
        /** @description A connector's power at an instant. It holds until the connector's next sample. */
        PowerSample: {
            /** @description What the caps left it. */
            allowed: components["schemas"]["Watts"];
            /** @description What the modules were told. */
            assigned: components["schemas"]["Watts"];
            /** @description When. */
            at: components["schemas"]["Stamp"];
            bound_by?: components["schemas"]["Constraint"] | null;
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description What was measured. */
            drawn: components["schemas"]["Watts"];
            /** @description What the connector could carry. */
            offered: components["schemas"]["Watts"];
            /** @description What the car asked for. */
            requested: components["schemas"]["Watts"];
        };
        /** @description What is measured at a connector. */
        Present: {
            at?: components["schemas"]["Mono"] | null;
            /** @description Current to the car. */
            current: components["schemas"]["Milliamps"];
            /** @description Power to the car. */
            power: components["schemas"]["Watts"];
            /** @description Voltage. */
            voltage: components["schemas"]["Millivolts"];
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
        /**
         * @description By whose rules a profile is set or cleared.
         * @enum {string}
         */
        ProfileAuthor: "ocpp1.6" | "ocpp2.0.1" | "local";
        /**
         * @description From when a schedule counts.
         * @enum {string}
         */
        ProfileKind: "absolute" | "daily" | "weekly" | "relative";
        /**
         * @description What a profile is for.
         * @enum {string}
         */
        ProfilePurpose: "tx" | "tx_default" | "station_max" | "external";
        /** @description `GET /v1/profiles`. */
        Profiles: {
            /** @description In the order in which they are looked at. */
            profiles: components["schemas"]["ChargingProfile"][];
        };
        /**
         * @description A vehicle protocol.
         * @enum {string}
         */
        Protocol: "din70121" | "iso15118_part2" | "iso15118_part20";
        /**
         * @description What a contactor is closed for (D5).
         * @enum {string}
         */
        Purpose: "open" | "test_close" | "energy";
        /**
         * @description In what a limit is given.
         * @enum {string}
         */
        RateUnit: "W" | "A";
        /** @description What a connector's sensors said when a fault was raised. */
        Readings: {
            /** @description What the connector might have drawn. */
            allowed: components["schemas"]["Watts"];
            /** @description Current to the car. */
            current: components["schemas"]["Milliamps"];
            insulation?: components["schemas"]["Ohms"] | null;
            /** @description Where the connector was in its life. */
            phase: components["schemas"]["Phase"];
            /** @description The control pilot. */
            pilot: components["schemas"]["Pilot"];
            /** @description Power to the car. */
            power: components["schemas"]["Watts"];
            session?: components["schemas"]["SessionId"] | null;
            soc?: components["schemas"]["Percent"] | null;
            temperature?: components["schemas"]["DeciCelsius"] | null;
            /** @description Why the MCU opened by itself, if it did. */
            trip?: string | null;
            /** @description Voltage at the connector. */
            voltage: components["schemas"]["Millivolts"];
        };
        /** @description A session's signed record. */
        Receipt: {
            /** @description The public key: a DER `SubjectPublicKeyInfo` in hexadecimal. A meter's may not be known. */
            public_key?: string | null;
            /** @description The record, as it was signed: one line of OCMF. */
            record: string;
            /** @description Which session's. */
            session: components["schemas"]["SessionId"];
            /** @description Who has signed it. */
            signer: components["schemas"]["Signer"];
        };
        /** @description A meter's energy register, as read: `digits` × 10^`exponent` watt-hours. */
        Register: {
            /**
             * Format: int64
             * @description The digits that the meter gave.
             */
            digits: number;
            /**
             * Format: int32
             * @description The power of ten of one digit, in Wh; -3 to 6.
             */
            exponent: number;
            /** @description The meter's serial or configured name. */
            meter: string;
        };
        /** @description A V2G session that a `plc` process holds. */
        Running: {
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description In which plug-in. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /** @description How far it got. */
            stage: components["schemas"]["Stage"];
            /** @description Which session. */
            v2g_epoch: components["schemas"]["V2gEpoch"];
        };
        /** @description The running session, in short. */
        RunningSession: {
            /**
             * Format: int64
             * @description Energy so far, in Wh.
             */
            energy_wh: number;
            /** @description Its id. */
            id: components["schemas"]["SessionId"];
            /** @description When it started. */
            started: components["schemas"]["Mono"];
            /** @description The same on the wall. */
            started_wall: components["schemas"]["Wall"];
        };
        /** @description A part of a schedule. */
        SchedulePeriod: {
            /**
             * Format: int64
             * @description In thousandths of the schedule's unit.
             */
            limit_milli: number;
            /**
             * Format: int32
             * @description In s from the schedule's start.
             */
            start_s: number;
        };
        /** @description A part of a session in which one meter's register counted on. */
        Segment: {
            /** @description When it began. */
            began: components["schemas"]["Stamp"];
            /** @description The newest register; the last one once another segment or the session's end followed. */
            end: components["schemas"]["Register"];
            /** @description When its newest register was read. */
            ended: components["schemas"]["Stamp"];
            /** @description Why it does not continue the one before. A flagged segment is never signed. */
            flags: components["schemas"]["SegmentFlag"][];
            /** @description The register where it began. */
            start: components["schemas"]["Register"];
        };
        /**
         * @description Why a register does not continue the one before.
         * @enum {string}
         */
        SegmentFlag: "meter_changed" | "resolution_changed" | "ran_backwards" | "ran_ahead" | "unknown";
        /** @description One session, running or ended. */
        Session: {
            /** @description On whose word. */
            authorised_by?: components["schemas"]["AuthorisedBy"];
            /** @description On which chain. */
            chain: components["schemas"]["ChainId"];
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description Its id everywhere. */
            id: components["schemas"]["SessionId"];
            /** @description Whose. */
            id_tag: components["schemas"]["IdTag"];
            /** @description The newest reading; the last one once ended. */
            meter_last: components["schemas"]["Register"];
            /** @description When the newest reading was taken. */
            meter_last_at: components["schemas"]["Stamp"];
            /** @description The meter then. */
            meter_start: components["schemas"]["Register"];
            outlet?: components["schemas"]["Outlet"] | null;
            reason?: components["schemas"]["StopReason"] | null;
            /** @description Its parts: one, as long as the meter's register counts on. */
            segments?: components["schemas"]["Segment"][];
            /** @description When the session's row was written. */
            started: components["schemas"]["Stamp"];
            stopped?: components["schemas"]["Stamp"] | null;
        };
        /** @description A session: a random UUID that the shell provides; also the OCPP 2.0.1 transaction id. */
        SessionId: string;
        /** @description The newest sessions first. */
        Sessions: {
            /** @description At most as many as were asked for. */
            sessions: components["schemas"]["Session"][];
        };
        /** @description `PUT /v1/profiles`: takes a profile, in place of those that it replaces. */
        SetProfile: {
            /** @description By whose rules. */
            author: components["schemas"]["ProfileAuthor"];
            /** @description Which. */
            profile: components["schemas"]["ChargingProfile"];
        };
        /**
         * @description How bad a fault is.
         * @enum {string}
         */
        Severity: "low" | "medium" | "high";
        /**
         * @description Who has signed a record.
         * @enum {string}
         */
        Signer: "meter" | "tpm" | "software";
        /** @description The site as a whole. */
        Site: {
            /** @description What the planner has given out. */
            assigned: components["schemas"]["Watts"];
            /** @description What the connectors draw together. */
            drawn: components["schemas"]["Watts"];
            /** @description The grid cap in force. */
            limit: components["schemas"]["Watts"];
            /** @description Its name. */
            name: string;
        };
        /**
         * @description Where SLAC stands.
         * @enum {string}
         */
        Slac: "unmatched" | "matching" | "joining" | "matched" | "lost" | "failed";
        /** @description What may be said to the car. Void after `valid_until`. */
        Snapshot: {
            /** @description Authorisation. */
            authorisation: components["schemas"]["Grant"];
            /** @description Cable check, isolation included. */
            cable_check: components["schemas"]["Grant"];
            /** @description Where. */
            connector: components["schemas"]["ConnectorId"];
            /** @description The insulation. */
            isolation: components["schemas"]["Isolation"];
            /** @description The cabinet's limits now. */
            limits: components["schemas"]["EvseLimits"];
            /** @description For which plug-in. */
            plug_in_epoch: components["schemas"]["PlugInEpoch"];
            /** @description Whether a car is plugged in (pilot B, C or D): SLAC may run. */
            plugged: boolean;
            /** @description Power delivery: the contactors are closed for energy and the modules follow. */
            power: components["schemas"]["Grant"];
            /** @description The contactors are open and the line is dead: welding detection may be answered with the present voltage. */
            powered_down: boolean;
            /** @description Measured at the connector. */
            present_current: components["schemas"]["Milliamps"];
            /** @description Measured at the connector. */
            present_voltage: components["schemas"]["Millivolts"];
            /** @description Whether the session should end, and how. */
            stop: components["schemas"]["Stop"];
            v2g_epoch?: components["schemas"]["V2gEpoch"] | null;
            /** @description Until when it holds. */
            valid_until: components["schemas"]["Mono"];
        };
        /**
         * @description Where the car is in its session: the message it last sent.
         * @enum {string}
         */
        Stage: "setup" | "authorisation" | "parameters" | "cable_check" | "pre_charge" | "power_delivery" | "current_demand" | "power_down" | "welding_detection" | "stopped";
        /** @description An instant as stored: on the boot's own clock, and on the wall as well as it was known. */
        Stamp: {
            /** @description Which boot `mono` belongs to. */
            boot: components["schemas"]["BootId"];
            /** @description The instant within it. */
            mono: components["schemas"]["Mono"];
            /** @description The wall's, with its quality; re-dated when the clock is set later. */
            wall: components["schemas"]["Wall"];
        };
        /** @description Start a charge from afar: the tag counts as presented at the connector. */
        Start: {
            /** @description Made by the asker, at most 64 characters. */
            command_id: string;
            /** @description Whose charge it is. */
            id_tag: components["schemas"]["IdTag"];
            profile?: components["schemas"]["SetProfile"] | null;
        };
        /** @description End a running charge. */
        Stop: {
            /** @description Made by the asker, at most 64 characters. */
            command_id: string;
            /** @description Why. */
            reason?: components["schemas"]["StopReason"];
        };
        /**
         * @description Why a charge ended.
         * @enum {string}
         */
        StopReason: "local" | "remote" | "vehicle" | "unplugged" | "emergency_stop" | "fault" | "deauthorised" | "power_loss" | "restart" | "other";
        /** @description The controller took the command; the state shows what comes of it. */
        Taken: {
            /** @description The command's id, as given. */
            command_id: string;
        };
        /** @description A bus tie between the slots of two connectors. */
        Tie: {
            /** @description Whether the MCU is asked to close it. */
            asked_closed: boolean;
            /** @description The connectors whose slots it joins. */
            between: components["schemas"]["ConnectorId"][];
            /** @description Its contactor. */
            contactor: components["schemas"]["ContactorId"];
            current?: components["schemas"]["Milliamps"] | null;
            /** @description What its mirror contact says. */
            feedback: components["schemas"]["ContactorFeedback"];
            /** @description Whether it does what it is asked. */
            health: components["schemas"]["TieHealth"];
            /** @description Its configured name. */
            id: string;
        };
        /**
         * @description Whether a tie does what it is asked.
         * @enum {string}
         */
        TieHealth: "good" | "does_not_close" | "does_not_open";
        /** @description What an authority said of a tag. */
        Token: {
            /**
             * Format: int64
             * @description Until when it holds, in ms since 1970.
             */
            expires_ms?: number | null;
            group?: components["schemas"]["IdTag"] | null;
            /** @description Which. */
            id_tag: components["schemas"]["IdTag"];
            /** @description What it said. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description What the controller says. */
        ToPlc: {
            /** @description What the chain is made of. */
            connectors: components["schemas"]["ConnectorSetup"][];
            /** @enum {string} */
            kind: "setup";
            /**
             * Format: int32
             * @description [`VERSION`].
             */
            version: number;
        } | (components["schemas"]["Snapshot"] & {
            /** @enum {string} */
            kind: "snapshot";
        }) | {
            /** @enum {string} */
            kind: "ack";
            /**
             * Format: int64
             * @description The number.
             */
            seq: number;
        };
        /**
         * Format: int32
         * @description Steps at every new V2G session.
         */
        V2gEpoch: number;
        /** @description The car. */
        Vehicle: {
            /** @description Its EVCCID. */
            evcc_id: string;
            /** @description Its limits. */
            limits: components["schemas"]["VehicleLimits"];
            /** @description Which protocol it speaks. */
            protocol: components["schemas"]["Protocol"];
            soc?: components["schemas"]["Percent"] | null;
            target_current?: components["schemas"]["Milliamps"] | null;
            target_voltage?: components["schemas"]["Millivolts"] | null;
        };
        /** @description The car's own limits. */
        VehicleLimits: {
            max_current?: components["schemas"]["Milliamps"] | null;
            max_power?: components["schemas"]["Watts"] | null;
            max_voltage?: components["schemas"]["Millivolts"] | null;
        };
        /**
         * @description What an authority says of a tag; the words are OCPP's.
         * @enum {string}
         */
        Verdict: "accepted" | "blocked" | "expired" | "invalid" | "concurrent_tx";
        /** @description A version that was accepted. */
        Version: {
            /** @description When it was accepted. */
            at: components["schemas"]["Stamp"];
            /** @description By whom: a user, `hmi:USER`, `csms`, or `file` for an edit by hand. */
            author: string;
            /** @description The JSON pointers of the fields that it changed. */
            changes: string[];
            /** @description What the author had to say. */
            note?: string | null;
            /**
             * Format: int64
             * @description Its number: the `ETag` of the configuration.
             */
            version: number;
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
        /**
         * Format: int64
         * @description Power in watts; positive flows towards the car.
         */
        Watts: number;
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    forget: {
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
    authorise: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description as in the state */
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Authorise"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    current: {
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
                    "application/json": unknown;
                };
            };
        };
    };
    put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description What the author has to say about the change (up to 200 characters). */
                note: string | null;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description made from an older version */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mistake"][];
                };
            };
            /** @description made from no version */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description What the author has to say about the change (up to 200 characters). */
                note: string | null;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mistake"][];
                };
            };
        };
    };
    check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checked"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mistake"][];
                };
            };
        };
    };
    versions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description At most this many (1 to 200; 200 without). */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"][];
                };
            };
        };
    };
    version: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a version */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description What the author has to say about the change (up to 200 characters). */
                note: string | null;
                /** @description a version */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mistake"][];
                };
            };
        };
    };
    schema: {
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
                    "application/json": unknown;
                };
            };
        };
    };
    clear_fault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a connector */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClearFault"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a connector */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Start"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a connector */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Stop"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Taken"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    csms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CsmsLink"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description events named `state` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["ControllerState"];
                };
            };
        };
    };
    faults: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Only past ones older than this: the last page's `next`. */
                after: number | null;
                /** @description Only those of this connector. */
                connector: number | null;
                /** @description At most this many past ones (0 to 1,000; 100 without). */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Faults"];
                };
            };
        };
    };
    keys: {
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
                    "application/json": components["schemas"]["MeteringKeys"];
                };
            };
        };
    };
    local_list: {
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
                    "application/json": components["schemas"]["LocalListState"];
                };
            };
        };
    };
    replace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LocalList"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not this version */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LocalListChange"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description not a newer version */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    page: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the last event that the reader has. */
                after: number;
                /** @description At most this many (1 to 1,000; 100 without). */
                limit: number | null;
                /** @description How long to wait for one, in ms (up to 30,000). */
                wait_ms: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page"];
                };
            };
        };
    };
    acknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ack"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Only samples behind this one: the last page's `next`. */
                after: number;
                /** @description Only this connector's. */
                connector: number | null;
                /** @description Only samples from this instant on, in ms since 1970 (all that are kept without). */
                from: number | null;
                /** @description At most this many (1 to 10,000; 1,000 without). */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PowerHistory"];
                };
            };
        };
    };
    list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Those of a connector; 0 is the whole station. */
                connector: number | null;
                /** @description This one; the rest is not looked at then. */
                id: number | null;
                /** @description Those of a purpose. */
                purpose: components["schemas"]["ProfilePurpose"] | null;
                /** @description Those of a stack level. */
                stack_level: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profiles"];
                };
            };
        };
    };
    set: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetProfile"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused; `code` names the reason */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    clear: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description By whose rules. */
                author: components["schemas"]["ProfileAuthor"];
                /** @description Those of a connector; 0 is the whole station. */
                connector: number | null;
                /** @description This one; the rest is not looked at then. */
                id: number | null;
                /** @description Those of a purpose. */
                purpose: components["schemas"]["ProfilePurpose"] | null;
                /** @description Those of a stack level. */
                stack_level: number | null;
            };
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
            /** @description none is meant */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    composite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Where; 0 is the whole station. */
                connector: number;
                /** @description For how long from now on, in s. */
                duration_s: number;
                /** @description In what; W without. */
                unit: components["schemas"]["RateUnit"] | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompositeSchedule"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description At most this many (1 to 1,000; 100 without). */
                limit: number | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
        };
    };
    session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a session's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    record: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a session's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    transparency: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description a session's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    load: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BuildingLoad"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
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
                    "application/json": components["schemas"]["ControllerState"];
                };
            };
        };
    };
}
