/** Every library of Kubernetes' CEL, listed in one place, and the function tables made of them. */
import { addresses } from './libraries/addresses.ts'
import { authorization } from './libraries/authorizer.ts'
import { conversions } from './libraries/conversions.ts'
import { functionTable } from './declarations.ts'
import type { FunctionTable } from './declarations.ts'
import { lists } from './libraries/lists.ts'
import { mutations } from './libraries/mutation.ts'
import { namedFormats } from './libraries/named-format.ts'
import { operators } from './libraries/operators.ts'
import { optionals } from './libraries/optionals.ts'
import { quantities } from './libraries/quantity.ts'
import { regexes } from './libraries/regex.ts'
import { semvers } from './libraries/semver.ts'
import { strings } from './libraries/strings.ts'
import { times } from './libraries/times.ts'
import { urls } from './libraries/url.ts'

const everywhere = [operators, conversions, times, optionals, urls, regexes, lists, strings, authorization, quantities, addresses, namedFormats, semvers]

export const standardFunctions: FunctionTable = functionTable(...everywhere)
export const mutationFunctions: FunctionTable = functionTable(...everywhere, mutations)

/** Types of libraries that an expression may name: `type(x) == net.IP`. */
export const opaqueTypeNames: ReadonlySet<string> = new Set(['net.IP', 'net.CIDR'])
