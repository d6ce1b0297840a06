import { serviceAccountOf } from './user-info.ts'

/** Groups that follow from a service account's user name; undefined when it is none. */
export function serviceAccountGroups(userName: string): readonly string[] | undefined {
  const account = serviceAccountOf({ name: userName })
  return account === undefined ? undefined : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
}
