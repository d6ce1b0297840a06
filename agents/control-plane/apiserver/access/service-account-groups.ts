/** Groups that follow from a service account's user name; undefined when it is none. */
export function serviceAccountGroups(userName: string): readonly string[] | undefined {
  const found = /^system:serviceaccount:([^:]+):[^:]+$/.exec(userName)
  return found === null ? undefined : ['system:serviceaccounts', `system:serviceaccounts:${found[1]!}`]
}
