// Made by "npm run generate" from openapi/controller.json. Do not edit.

export interface paths {
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
        /** The configuration in force; its version is the `ETag`. */
        get: operations["current"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
        /** Checks a whole configuration, TOML (`Content-Type: application/toml`) or JSON; nothing is applied. */
        post: operations["check"];
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
        /** Active and past faults, the newest first. */
        get: operations["faults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
            /** @description What the authority said. */
            verdict: components["schemas"]["Verdict"];
        };
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
            /** @description Which. */
            session: components["schemas"]["SessionId"];
        };
        /** @description Which boot a [`Mono`] belongs to: the kernel's `boot_id`. */
        BootId: string;
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
        /** @description One connector. */
        Connector: {
            /** @description The planner's word. */
            allocation: components["schemas"]["Allocation"];
            /** @description Who may charge. */
            authorisation: components["schemas"]["Authorisation"];
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
             * @description The version of the configuration in force.
             */
            config_version: number;
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
            /** @description The daemon's version. */
            version: string;
            /** @description The wall clock then. */
            wall: components["schemas"]["Wall"];
        };
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
        /** @description One fault, active or past. */
        Fault: {
            cleared?: components["schemas"]["Mono"] | null;
            /** @description What. */
            code: components["schemas"]["FaultCode"];
            connector?: components["schemas"]["ConnectorId"] | null;
            /**
             * Format: int32
             * @description How often it was seen.
             */
            count: number;
            /** @description The readings at the time, as a sentence. */
            detail: string;
            /** @description When it was first seen, in this boot. */
            first: components["schemas"]["Mono"];
            /** @description The same on the wall. */
            first_wall: components["schemas"]["Wall"];
            /** @description When it was last seen. */
            last: components["schemas"]["Mono"];
            /** @description Whether it stays until somebody clears it. */
            latched: boolean;
            /** @description Which part: a module's, meter's or chain's name. */
            part?: string | null;
            /** @description What to do first. */
            remedy: string;
        };
        /**
         * @description What can be wrong. The names with `Mrec` are the public Minimum Required Error Codes, so that what a CSMS is told
         *     can be compared with other makes.
         * @enum {string}
         */
        FaultCode: "emergency_stop" | "cable_check_fault" | "resistance_fault" | "contactor_fault" | "pilot_fault" | "high_temperature" | "over_current" | "over_voltage" | "connector_lock_failure" | "mcu_communication" | "module_communication" | "module_fault" | "meter_communication" | "isolation_monitor_communication" | "chain_communication" | "vehicle_communication" | "slac_failure" | "precharge_failure" | "configuration_rejected" | "store_failure";
        /** @description Faults, active (`cleared` is null) and past ones. */
        Faults: {
            /** @description The newest first. */
            faults: components["schemas"]["Fault"][];
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
         * @description A vehicle protocol.
         * @enum {string}
         */
        Protocol: "din70121" | "iso15118_part2" | "iso15118_part20";
        /**
         * @description What a contactor is closed for (D5).
         * @enum {string}
         */
        Purpose: "open" | "test_close" | "energy";
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
        /** @description One session, running or ended. */
        Session: {
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
            reason?: components["schemas"]["StopReason"] | null;
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
        StopReason: "local" | "remote" | "vehicle" | "unplugged" | "emergency_stop" | "fault" | "deauthorised" | "power_loss" | "restart";
        /** @description The controller took the command; the state shows what comes of it. */
        Taken: {
            /** @description The command's id, as given. */
            command_id: string;
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
            /** @description it would be taken */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
                    "application/json": components["schemas"]["Faults"];
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
