/** The kubarium command that does what was just clicked: words as a shell takes them, the lab where it is not the usual one. */
const usualLab = 'default'

/** @param words are quoted where a shell would take them apart. */
export function kubariumCommand(lab: string, ...words: readonly string[]): string {
  return ['kubarium', ...words, ...(lab === usualLab ? [] : ['--name', lab])].map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', '\'\\\'\'')}'`
}
