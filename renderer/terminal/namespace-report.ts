/** What a kubectl shell tells the screen with OSC 7799: the namespace that kubectl will use. Null where it is no name of one. */
export function readNamespaceReport(data: string): string | null {
  return data.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(data) ? data : null
}
