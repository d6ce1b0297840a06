/**
 * --token-auth-file: lines of token,user,uid,"group1,group2" as CSV. Upstream: token/tokenfile.
 *
 *   ST1  Tokens are kept as digests, so that finding one takes no longer the nearer a guess comes.
 *   ST2  Fewer than three columns is an error that names the file and the line; an empty token is passed over.
 */
import { createHash } from 'node:crypto'
import type { TokenAuthenticator } from './token-authenticator.ts'
import type { UserInfo } from './user-info.ts'

export function staticTokens(csv: string, file = ''): TokenAuthenticator {
  const users = new Map<string, UserInfo>()
  readCsv(csv).forEach((record, index) => {
    if (record.length < 3) throw new Error(`token file '${file}' must have at least 3 columns (token, user name, user uid), found ${record.length} in record ${index + 1}`) // ST2
    const [token, name, uid, groups = ''] = record as [string, string, string, string?]
    if (token === '') return
    users.set(digest(token), { name, uid, groups: groups === '' ? [] : groups.split(','), extra: {} }) // ST1
  })
  return {
    authenticate: async token => {
      const user = users.get(digest(token))
      return user === undefined ? undefined : { user }
    },
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}

/** Records of cells; quotes may hold commas and line ends, and a doubled quote is one. */
export function readCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    record.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  return records
}
