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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Which boot a [`Mono`] belongs to: the kernel's `boot_id`. */
        BootId: string;
        /**
         * @description How far a wall clock reading can be trusted (the terms are OCMF's).
         * @enum {string}
         */
        ClockQuality: "unset" | "informative" | "synchronised";
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
        /** @description The machine. */
        Host: {
            /** @description The kernel's release. */
            kernel: string;
            /** @description Its name. */
            name: string;
            /** @description The operating system's own name for itself. */
            os?: string | null;
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
        /**
         * @description Whether a recovery key was made.
         * @enum {string}
         */
        RecoveryKeyPresence: "made" | "none" | "unknown";
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
        /**
         * @description A side of an A/B image.
         * @enum {string}
         */
        Side: "a" | "b";
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
}
