/** Kubernetes' scalar types as they stand in JSON. */

/** resource.Quantity in canonical form: "500m", "1Gi". */
export type Quantity = string
export type IntOrString = number | string
/** RFC 3339, whole seconds, UTC: "2026-01-01T00:00:00Z". */
export type Time = string
/** RFC 3339 with six digits of fraction: "2026-01-01T00:00:00.000000Z". */
export type MicroTime = string
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }
export type FieldsV1 = JsonObject
export type RawExtension = JsonObject
