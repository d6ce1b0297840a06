/** A file as it must be on a machine. */
export interface RemoteFile {
  /** Absolute. */
  readonly path: string
  readonly content: string | Uint8Array | { readonly file: string }
  /** Permission bits; 0o644 where not given. Owner is always root. */
  readonly mode?: number
}
