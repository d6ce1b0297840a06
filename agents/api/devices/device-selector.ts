/**
 * Which devices the CEL expression of a DeviceClass or of a ResourceClaim takes.
 * Upstream: dynamic-resource-allocation/cel.
 *
 *   DS1  `device.attributes["d"]` and `device.capacity["d"]` are empty maps for a domain of which the device says nothing;
 *        `"d" in device.attributes` is false then.
 *   DS2  An attribute or capacity without a domain belongs to the domain of the driver.
 *   DS3  Version attributes are semantic versions, capacities are quantities.
 */
import { boolType, CelBudget, CelFault, celLimits, CelMap, compileCel, dynType, mapType, objectType, opaqueType, stringType } from '../cel/cel.ts'
import type { CelProgram, CelValue } from '../cel/cel.ts'
import { readQuantityValue } from '../cel/libraries/quantity.ts'
import { readSemverValue } from '../cel/libraries/semver.ts'
import type { Device, DeviceAttribute } from '../groups/resource-v1/types.ts'

const environment = {
  variables: {
    device: objectType('kubernetes.DRADevice', {
      driver: stringType, allowMultipleAllocations: boolType,
      attributes: mapType(stringType, mapType(stringType, dynType)),
      capacity: mapType(stringType, mapType(stringType, opaqueType('kubernetes.Quantity'))),
    }),
  },
  libraries: ['bindings' as const],
}

/** Throws CelCompileError. */
export function compileDeviceSelector(expression: string): CelProgram {
  return compileCel(expression, environment, [boolType])
}

/** Throws CelEvaluationError, or CelCostError for what is too costly. */
export function selectsDevice(selector: CelProgram, device: Device, driver: string): boolean {
  const value = {
    driver, allowMultipleAllocations: device.allowMultipleAllocations === true,
    attributes: byDomain(device.attributes ?? {}, driver, attributeValue),
    capacity: byDomain(device.capacity ?? {}, driver, ({ value }) => readQuantityValue(String(value))),
  }
  return selector.evaluate({ device: value }, new CelBudget(celLimits.perCall)) === true
}

/** The two halves of `dra.example.com/model`; a name without a domain has that of the driver (DS2). */
export function splitQualifiedName(name: string, driver: string): readonly [domain: string, id: string] {
  const slash = name.indexOf('/')
  return slash === -1 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)]
}

export function attributeValue({ bool, int, string, version }: DeviceAttribute): CelValue | CelFault {
  if (bool !== undefined) return bool
  if (int !== undefined) return BigInt(int)
  if (string !== undefined) return string
  return version === undefined ? new CelFault('unsupported attribute value') : readSemverValue(version) // DS3
}

function byDomain<T>(entries: Readonly<Record<string, T>>, driver: string, valueOf: (entry: T) => CelValue | CelFault): CelMap {
  const domains = new Map<string, Map<string, CelValue | CelFault>>()
  for (const [name, entry] of Object.entries(entries)) {
    const [domain, id] = splitQualifiedName(name, driver)
    const within = domains.get(domain) ?? new Map<string, CelValue | CelFault>()
    domains.set(domain, within.set(id, valueOf(entry)))
  }
  return new NamedValues(new Map([...domains].map(([domain, values]) => [domain, new NamedValues(values)])), new NamedValues(new Map()))
}

class NamedValues extends CelMap {
  readonly #values: ReadonlyMap<string, CelValue | CelFault>
  readonly #otherwise: CelMap | undefined

  constructor(values: ReadonlyMap<string, CelValue | CelFault>, otherwise?: CelMap) {
    super()
    this.#values = values
    this.#otherwise = otherwise
  }

  get size(): number {
    return this.#values.size
  }

  find(key: CelValue): CelValue | CelFault | undefined {
    return this.#values.get(String(key)) ?? this.#otherwise // DS1
  }

  override has(key: CelValue): boolean {
    return this.#values.has(String(key))
  }

  keys(): readonly CelValue[] {
    return [...this.#values.keys()]
  }
}
