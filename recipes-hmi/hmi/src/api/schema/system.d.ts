// Made by "npm run generate" from openapi/system.json. Do not edit.

export interface paths {
    "/v1/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the data is open, and whether there is a recovery key. */
        get: operations["data"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/data/recovery-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a new recovery key, tells it this once, and forgets it; the one before opens nothing any more. For root. */
        post: operations["recovery_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/data/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens the data with its recovery key; what waited for it starts. For root and the HMI. */
        post: operations["unlock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["openapi"];
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
        /** The machine's state. */
        get: operations["state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything about updates. */
        get: operations["update"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take back what has not begun to be written, and any download. */
        post: operations["cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a bundle is, and whether it would be taken. Nothing is written. */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetch a bundle for somebody who wants to look at it first. */
        post: operations["download"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state at once and then at each change. */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/floor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Take nothing older than this, or anything again. */
        put: operations["floor"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/install": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin an update. */
        post: operations["install"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Take one version only, or any again. */
        put: operations["pin"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Restart into what was installed. */
        post: operations["restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/update/usb": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What lies on sticks that are plugged in. */
        get: operations["sticks"];
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
        /** @description Which boot a [`Mono`] belongs to: the kernel's `boot_id`. */
        BootId: string;
        /** @description Would a bundle be taken? */
        Check: {
            /** @description As in [`Install`]. */
            force?: boolean;
            /** @description Where it is; not a URL. */
            source: components["schemas"]["Source"];
        };
        /** @description What a bundle is, and whether it would be taken. */
        Checked: {
            /** @description The hardware that it is for. */
            compatible: string;
            /** @description In its maker's words. */
            description?: string | null;
            refused?: components["schemas"]["Refused"] | null;
            /** @description Its version. */
            version: string;
        };
        /**
         * @description How far a wall clock reading can be trusted (the terms are OCMF's).
         * @enum {string}
         */
        ClockQuality: "unset" | "informative" | "synchronised";
        /**
         * @description Why an update ended as it did.
         * @enum {string}
         */
        Code: "healthy" | "charging" | "pinned" | "below_floor" | "same_version" | "bad_version" | "signature" | "compatible" | "damaged" | "source" | "download" | "no_space" | "unavailable" | "cancelled" | "install" | "interrupted" | "unhealthy" | "cut_short" | "not_started";
        /** @description What is true of the data partition. */
        DataState: {
            /** @description Whether it is open. */
            partition: components["schemas"]["Partition"];
            /** @description Whether there is a recovery key that would open it. */
            recovery_key: components["schemas"]["RecoveryKeyPresence"];
        };
        /** @description A file system. */
        Disk: {
            /**
             * Format: int64
             * @description What is free for us, in KiB.
             */
            free_kib: number;
            /** @description A folder on it. */
            path: string;
            /**
             * Format: int64
             * @description Its size, in KiB.
             */
            total_kib: number;
        };
        /** @description A bundle that is fetched. It goes on after a restart of the daemon or the machine. */
        Download: {
            /** @description Who asked. */
            asked_by: string;
            /**
             * Format: int32
             * @description Which attempt this is, from 1.
             */
            attempt: number;
            /** @description What went wrong last, in words. */
            error?: string | null;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description So many bytes are here.
             */
            received: number;
            /** @description What the asker calls it. */
            reference?: string | null;
            /** @description Where it stands. */
            status: components["schemas"]["DownloadStatus"];
            /**
             * Format: int64
             * @description Of so many, if the server said.
             */
            total?: number | null;
            /** @description From where, without user and password. */
            url: string;
        };
        /** @description Where a download stands. */
        DownloadStatus: {
            /** @enum {string} */
            kind: "running";
        } | {
            /** @enum {string} */
            kind: "waiting";
        } | {
            /** @enum {string} */
            kind: "done";
            /** @description Where. */
            path: string;
            /** @description Its SHA-256, 64 hexadecimal digits. */
            sha256: string;
            /**
             * Format: int64
             * @description Its size, in bytes.
             */
            size: number;
        } | {
            /** @enum {string} */
            kind: "failed";
        } | {
            /** @enum {string} */
            kind: "cancelled";
        };
        /** @description Fetch a bundle, and keep it until it is installed, cancelled, or another one is fetched. */
        FetchBundle: {
            /** @description Who asks. At most 64 characters. */
            asked_by: string;
            /** @description What the asker calls it. At most 128 characters. */
            reference?: string | null;
            /**
             * Format: int32
             * @description How often to try again after a failure; 0 to 100.
             */
            retries?: number;
            /**
             * Format: int32
             * @description So long to wait before each, in s (1 to 86,400).
             */
            retry_interval_s?: number;
            /** @description From where: `http` or `https`. */
            url: string;
        };
        /** @description The machine. */
        Host: {
            /** @description The kernel's release. */
            kernel: string;
            /** @description Its name. */
            name: string;
            /** @description The operating system's own name for itself. */
            os?: string | null;
        };
        /** @description Install a bundle. */
        Install: {
            /** @description Who asks: `jpctl`, `ocpp`, or a user of the HMI. At most 64 characters. */
            asked_by: string;
            /** @description Although cars charge, and although the same version runs already. Pin, floor, hardware and signature stay. */
            force?: boolean;
            /** @description What the asker calls it; given back in the outcome. At most 128 characters. */
            reference?: string | null;
            /** @description When to restart into it. */
            restart?: components["schemas"]["RestartWhen"];
            /** @description Take it only if the whole file's SHA-256 is this (64 hexadecimal digits). */
            sha256?: string | null;
            /** @description Where it is. */
            source: components["schemas"]["Source"];
        };
        /** @description A network interface. */
        Interface: {
            /** @description Its addresses, with the length of their prefix: `192.0.2.7/24`. */
            addresses: string[];
            /** @description Whether it carries traffic. */
            link: components["schemas"]["NetworkLink"];
            /** @description Its name. */
            name: string;
        };
        /** @description Something that this unit cannot do. */
        Lack: {
            /** @description Whose fault that is. */
            cause: components["schemas"]["LackCause"];
            /** @description What: `updates`, `network`, `tunnel`, `diagnostics`, `licence`, `clock`, `tpm`, `data`. */
            feature: string;
            /** @description Why, in words for a person. */
            reason: string;
        };
        /**
         * @description Why something cannot be done.
         * @enum {string}
         */
        LackCause: "version" | "unit";
        /**
         * @description Why the data cannot be used.
         * @enum {string}
         */
        LockReason: "tpm_refuses" | "tpm_absent" | "partition_absent" | "not_encrypted" | "not_sealed" | "unreadable" | "other";
        /** @description Memory. */
        Memory: {
            /**
             * Format: int64
             * @description What programs could still take, in KiB.
             */
            available_kib: number;
            /**
             * Format: int64
             * @description All there is, in KiB.
             */
            total_kib: number;
        };
        /**
         * @description Whether an interface carries traffic.
         * @enum {string}
         */
        NetworkLink: "up" | "down" | "unknown";
        /** @description A new recovery key, told once. The one before opens nothing any more. */
        NewRecoveryKey: {
            /** @description The key, to be printed or written down. */
            recovery_key: string;
        };
        /** @description How an update ended. */
        Outcome: {
            /** @description Who asked; empty if nobody did (a side that stopped starting). */
            asked_by: string;
            /** @description When, as well as it was known. */
            at: components["schemas"]["Wall"];
            /** @description Why, for a program. */
            code: components["schemas"]["Code"];
            /** @description The update's id. */
            id: string;
            /** @description Why, in words. */
            reason: string;
            /** @description What the asker calls it. */
            reference?: string | null;
            /** @description How. */
            result: components["schemas"]["OutcomeResult"];
            /** @description The bundle's version, if it was read. */
            version?: string | null;
        };
        /**
         * @description How an update ended.
         * @enum {string}
         */
        OutcomeResult: "confirmed" | "refused" | "cancelled" | "failed" | "rolled_back";
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
        /** @description The update under way. */
        Pending: {
            /** @description Who asked. */
            asked_by: string;
            /** @description Its id. */
            id: string;
            /** @description What the asker calls it. */
            reference?: string | null;
            /** @description When it restarts. */
            restart: components["schemas"]["RestartWhen"];
            side?: components["schemas"]["Side"] | null;
            /** @description The bundle's version, once it was read. */
            version?: string | null;
        };
        /**
         * @description The steps of an update, in order.
         * @enum {string}
         */
        Phase: "idle" | "downloading" | "checking" | "installing" | "waiting_restart" | "restarting" | "verifying";
        /**
         * @description Whether a program is there.
         * @enum {string}
         */
        Presence: "absent" | "installed" | "running";
        /** @description Why a request was not carried out, in words for a person and a code for a program. */
        Problem: {
            /** @description Stable, in `snake_case`: `not_found`, `bad_request`, `conflict`, `forbidden`, `unavailable`, … */
            code: string;
            /** @description What is wrong and what would have been right. */
            message: string;
            /** @description The JSON pointer of the field that is wrong. */
            pointer?: string | null;
        };
        /** @description What is being done. */
        Progress: {
            /** @description The same in words. */
            message: string;
            /**
             * Format: int32
             * @description How far it is, where that can be said.
             */
            percent?: number | null;
            /** @description Which step. */
            phase: components["schemas"]["Phase"];
        };
        /**
         * @description Whether a recovery key was made.
         * @enum {string}
         */
        RecoveryKeyPresence: "made" | "none" | "unknown";
        /** @description Why a bundle is refused. */
        Refused: {
            /** @description For a program. */
            code: components["schemas"]["Code"];
            /** @description In words: what is wrong, and what would be taken. */
            reason: string;
        };
        /** @description Restart into what was installed. */
        Restart: {
            /** @description Although cars charge: their charges end. */
            force?: boolean;
        };
        /**
         * @description When the machine restarts into what was installed.
         * @enum {string}
         */
        RestartWhen: "when_idle" | "now" | "no";
        /** @description What runs. */
        Running: {
            side?: components["schemas"]["Side"] | null;
            /** @description The image's version (SemVer): `0.1.0+g1a2b3c4`. */
            version: string;
        };
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
        /** @description A program that this daemon works with. */
        Service: {
            /** @description `rauc`, `network_manager` or `tailscale`. */
            name: string;
            /** @description Whether it is there. */
            presence: components["schemas"]["Presence"];
        };
        /** @description Set the pin or the floor. */
        SetVersion: {
            /** @description A version (SemVer), or nothing to lift it. A pin without a build (`+…`) takes every build of its version. */
            version?: string | null;
        };
        /**
         * @description A side of an A/B image.
         * @enum {string}
         */
        Side: "a" | "b";
        /** @description One side. */
        SideState: {
            /** @description When that was installed (ISO 8601, as RAUC wrote it down). */
            installed_at?: string | null;
            /** @description Whether it is started when nobody says otherwise. */
            primary: boolean;
            /** @description Which. */
            side: components["schemas"]["Side"];
            /** @description Whether it can be started, as RAUC and the firmware have it. */
            status: components["schemas"]["SideStatus"];
            /** @description What is on it; nothing if it was never installed here (as the factory left it) and does not run. */
            version?: string | null;
        };
        /**
         * @description Whether a side can be started.
         * @enum {string}
         */
        SideStatus: "good" | "bad" | "unknown";
        /** @description Which side of the image runs (D17). */
        Slot: {
            /** @description The same in words for a person. */
            message: string;
            side?: components["schemas"]["Side"] | null;
            /** @description How it is known. */
            source: components["schemas"]["SlotSource"];
        };
        /**
         * @description How the side is known.
         * @enum {string}
         */
        SlotSource: "efi" | "command_line" | "unknown";
        /** @description Where a bundle is. */
        Source: {
            /** @description At an `http` or `https` URL. */
            url: string;
        } | {
            /** @description A file of the unit, by its absolute path. */
            file: string;
        } | {
            /** @description On a USB stick, by the name that [`UsbBundle::name`] tells. */
            usb: string;
        } | {
            /** @description Fetched before by `POST /v1/update/download`, by its id. */
            downloaded: string;
        };
        /** @description The request was taken. */
        Started: {
            /** @description The id of the update or download. */
            id: string;
        };
        /** @description The machine's state. */
        SystemState: {
            /** @description Which boot this is. */
            boot_id: components["schemas"]["BootId"];
            /** @description What it was built from, if the build said so. */
            build?: string | null;
            disk?: components["schemas"]["Disk"] | null;
            /** @description The machine. */
            host: components["schemas"]["Host"];
            /** @description What this unit cannot do, and why. */
            lacking: components["schemas"]["Lack"][];
            /** @description The load averages over 1, 5 and 15 minutes, in hundredths. */
            load_centi?: number[] | null;
            memory?: components["schemas"]["Memory"] | null;
            /** @description The network interfaces but the loopback, by name. */
            network: components["schemas"]["Interface"][];
            /** @description The programs that this daemon works with. */
            services: components["schemas"]["Service"][];
            /** @description Which side of the image runs. */
            slot: components["schemas"]["Slot"];
            /** @description The TPM. */
            tpm: components["schemas"]["Tpm"];
            /**
             * Format: int64
             * @description Since the boot, in seconds.
             */
            uptime_s: number;
            /** @description The version of Joulepoint. */
            version: string;
            /** @description The wall clock, and what it is worth. */
            wall: components["schemas"]["Wall"];
        };
        /** @description The TPM. */
        Tpm: {
            /** @enum {string} */
            kind: "absent";
        } | {
            /** @enum {string} */
            kind: "present";
            /**
             * Format: int32
             * @description The major version of its specification, if the kernel says.
             */
            version?: number | null;
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
        /** @description Everything about updates. */
        UpdateState: {
            /** @description Whether this boot has been found healthy; until then the other side gets its turn at the next start. */
            confirmed: boolean;
            download?: components["schemas"]["Download"] | null;
            /** @description The oldest version that is taken. */
            floor?: string | null;
            /** @description How the last updates ended, the newest first; at most [`UpdateState::OUTCOMES`]. */
            outcomes: components["schemas"]["Outcome"][];
            pending?: components["schemas"]["Pending"] | null;
            /** @description The one version that is taken, if the unit is pinned. */
            pin?: string | null;
            /** @description What is being done. */
            progress: components["schemas"]["Progress"];
            /**
             * Format: int64
             * @description Steps at every change that is told.
             */
            rev: number;
            /** @description What runs. */
            running: components["schemas"]["Running"];
            /** @description Both sides, as far as they are known; empty where there is no RAUC. */
            sides: components["schemas"]["SideState"][];
            /** @description Why this unit cannot be updated, if so. */
            unavailable?: string | null;
        };
        /** @description A bundle on a stick. */
        UsbBundle: {
            /** @description To name it by: the stick's device and the file, `sda1/joulepoint-0.2.0.raucb`. */
            name: string;
            /**
             * Format: int64
             * @description Its size, in bytes.
             */
            size: number;
        };
        /** @description What lies on sticks that are plugged in. */
        UsbBundles: {
            /** @description Bundles in the sticks' top folders. */
            bundles: components["schemas"]["UsbBundle"][];
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
        };
    };
    recovery_key: {
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
                    "application/json": components["schemas"]["NewRecoveryKey"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description the data is not open */
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
            /** @description it does not open this unit's data */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description the data is open */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description it is no recovery key */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
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
                content?: never;
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
                    "application/json": components["schemas"]["SystemState"];
                };
            };
        };
    };
    update: {
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
                    "application/json": components["schemas"]["UpdateState"];
                };
            };
        };
    };
    cancel: {
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
    check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Check"];
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
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    download: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FetchBundle"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
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
                    "text/event-stream": components["schemas"]["UpdateState"];
                };
            };
        };
    };
    floor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetVersion"];
            };
        };
        responses: {
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
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    install: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Install"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
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
    pin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetVersion"];
            };
        };
        responses: {
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
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restart: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Restart"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
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
    sticks: {
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
                    "application/json": components["schemas"]["UsbBundles"];
                };
            };
        };
    };
}
