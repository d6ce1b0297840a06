/** What the lab host takes as the name of a lab or of a checkpoint. */
const longest = 32

export function isLabName(text: string): boolean {
  return text.length <= longest && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)
}
