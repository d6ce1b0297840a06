/**
 * --feature-gates of kube-apiserver: "A=true,B=false". Few gates change what this server does; the others are accepted, and their
 * features are as the support table lists them.
 */
const defaults = { AllowUnsafeMalformedObjectDeletion: false } as const

export type FeatureGates = Readonly<Record<keyof typeof defaults, boolean>>

/** Throws for what is not a list of gates. */
export function readFeatureGates(text: string): FeatureGates {
  const given = text.split(',').filter(part => part !== '').map(part => {
    const [, name = '', value = ''] = /^(\w+)=(true|false)$/.exec(part) ?? []
    if (name === '') throw new Error(`--feature-gates: ${JSON.stringify(part)} must be <name>=true or <name>=false`)
    return [name, value === 'true'] as const
  })
  return { ...defaults, ...Object.fromEntries(given.filter(([name]) => Object.hasOwn(defaults, name))) }
}
