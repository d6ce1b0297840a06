/**
 * SSH carries a command as one string that the far side's shell takes apart again. Arguments are quoted so that they
 * arrive as they were given, whatever is in them.
 *
 *   AR1  Words of harmless characters stay as they are; everything else stands in single quotes.
 *   AR2  A zero byte cannot be carried and is refused.
 */
const harmless = /^[A-Za-z0-9_@%+=:,./-]+$/

export function commandLine(argv: readonly string[]): string {
  if (argv.length === 0) throw new RangeError('a command needs at least its name')
  return argv.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('a command argument holds a zero byte') // AR2
  return harmless.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'` // AR1
}
