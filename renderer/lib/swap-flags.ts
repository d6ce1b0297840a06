/** Flags as they are typed for a program: one a line, `--name=value`, the dashes as one likes; `--name` alone is true. */
const flag = /^-{0,2}([a-z][a-z0-9-]*)(?:=(.*))?$/i

/** The first line that is none, or the flags. */
export function readFlags(text: string): { readonly flags: Readonly<Record<string, string>> } | { readonly wrong: string } {
  const flags: Record<string, string> = {}
  for (const line of text.split('\n').map(one => one.trim()).filter(one => one !== '')) {
    const [, name, value] = flag.exec(line) ?? []
    if (name === undefined) return { wrong: line }
    flags[name] = value ?? 'true'
  }
  return { flags }
}
