/** PodSecurityConfiguration: defaults for namespaces without labels, and who is exempt. */
import { fieldAt, isFields, listAt, textAt } from '../../registry/kube-object.ts'
import { defaultPolicy, levelProblem, readLevel, readVersion, versionProblem } from './policy.ts'
import type { LevelVersion, Policy } from './policy.ts'

export interface PodSecurityConfiguration {
  readonly defaults: Policy
  readonly exempt: { readonly usernames: readonly string[]; readonly runtimeClasses: readonly string[]; readonly namespaces: readonly string[] }
}

const kinds = ['v1', 'v1beta1', 'v1alpha1'].map(version => `pod-security.admission.config.k8s.io/${version}`)
const nobody = { usernames: [], runtimeClasses: [], namespaces: [] }

export function readPodSecurityConfiguration(configuration: unknown): PodSecurityConfiguration {
  if (!isFields(configuration)) return { defaults: defaultPolicy, exempt: nobody }
  if (textAt(configuration, 'kind') !== 'PodSecurityConfiguration' || !kinds.includes(textAt(configuration, 'apiVersion'))) throw new Error(`PodSecurity: configuration must be PodSecurityConfiguration of ${kinds[0]!}`)
  const mode = (name: 'enforce' | 'audit' | 'warn'): LevelVersion => {
    const levelText = textAt(configuration, 'defaults', name) || 'privileged'
    const versionText = textAt(configuration, 'defaults', `${name}-version`) || 'latest'
    const level = readLevel(levelText)
    const minor = readVersion(versionText)
    if (level === undefined) throw new Error(`PodSecurity: defaults.${name}: Invalid value: ${JSON.stringify(levelText)}: ${levelProblem}`)
    if (minor === undefined) throw new Error(`PodSecurity: defaults.${name}-version: Invalid value: ${JSON.stringify(versionText)}: ${versionProblem}`)
    return { level, minor }
  }
  const exempt = (list: 'usernames' | 'runtimeClasses' | 'namespaces') => listAt(fieldAt(configuration, 'exemptions'), list) as readonly string[]
  return { defaults: { enforce: mode('enforce'), audit: mode('audit'), warn: mode('warn') }, exempt: { usernames: exempt('usernames'), runtimeClasses: exempt('runtimeClasses'), namespaces: exempt('namespaces') } }
}
