/** Whether a link that comes and goes is up; it begins up. */
export function isFlappedDown({ upMs, downMs }: { readonly upMs: number; readonly downMs: number }, sinceMs: number): boolean {
  return sinceMs % (upMs + downMs) >= upMs
}
