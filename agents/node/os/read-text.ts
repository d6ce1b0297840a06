/** Texts of files by path; '' for one that is not there. Handed in, so that tests say what a machine's files hold. */
import { readFile } from 'node:fs/promises'

export type ReadText = (path: string) => Promise<string>

export const readOrNothing: ReadText = path => readFile(path, 'utf8').catch(() => '')
