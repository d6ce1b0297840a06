/**
 * Rules of the security contexts of pods and containers. Upstream: pkg/apis/core/validation validatePodSpecSecurityContext,
 * validateSysctls, validateSeccompProfileField, ValidateAppArmorProfileField, validateWindowsSecurityContextOptions,
 * validateWindowsHostProcessPod.
 *
 *   SC1  User and group ids are between 0 and 2^31-1.
 *   SC2  A sysctl is named once, and is not one of a namespace that the pod shares with its host.
 *   SC3  A profile that is given says its type; a file is named for type Localhost and for no other.
 *   SC4  All containers of a pod are HostProcess containers or none is, and then the pod has the host's network.
 */
import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { isDns1123Subdomain } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'
import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, Sysctl, WindowsSecurityContextOptions } from './types.ts'

const largestId = 2_147_483_647
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']
const longestProfile = 4095
const longestSysctl = 253
const sysctlPattern = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/
const sysctlText = String.raw`must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`

export function validatePodSecurityContext(spec: PodSpec, path: string): FieldError[] {
  const context = spec.securityContext
  if (context === undefined) return []
  const choice = (field: 'fsGroupChangePolicy' | 'supplementalGroupsPolicy' | 'seLinuxChangePolicy', known: readonly string[]) => {
    const value = context[field]
    return value === undefined || known.includes(value) ? [] : [notSupported(`${path}.${field}`, value, known)]
  }
  return [
    ...validateIds(context, path),
    ...(spec.shareProcessNamespace === true && spec.hostPID === true ? [invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')] : []),
    ...validateSysctls(context.sysctls ?? [], spec, `${path}.sysctls`),
    ...choice('fsGroupChangePolicy', ['Always', 'OnRootMismatch']),
    ...validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`),
    ...choice('supplementalGroupsPolicy', ['Merge', 'Strict']),
    ...choice('seLinuxChangePolicy', ['Recursive']), // MountOption belongs to the gate SELinuxMount, which is off
  ]
}

function validateIds(context: PodSecurityContext, path: string): FieldError[] {
  return [
    ...(['fsGroup', 'runAsUser', 'runAsGroup'] as const).flatMap(field => inRange(context[field], 0, largestId, `${path}.${field}`)), // SC1
    ...(context.supplementalGroups ?? []).flatMap((id, index) => inRange(id, 0, largestId, `${path}.supplementalGroups[${index}]`)),
  ]
}

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>()
  return sysctls.flatMap(({ name }, index) => {
    const at = `${path}[${index}].name`
    const errors: FieldError[] = []
    if (name === '') errors.push(required(at))
    else if (name.length > longestSysctl || !sysctlPattern.test(name)) errors.push(invalid(at, name, sysctlText))
    else if (seen.has(name)) errors.push(duplicate(at, name)) // SC2
    seen.add(name)
    const dotted = name.replaceAll('/', '.')
    if (spec.hostNetwork === true && dotted.startsWith('net.')) errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"))
    else if (spec.hostIPC === true && (dotted === 'kernel.sem' || /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(dotted))) errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"))
    return errors
  })
}

export function validateSeccompProfile(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return []
  const { type, localhostProfile } = profile
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set')) // SC3
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes))
  const at = `${path}.localhostProfile`
  if (type !== 'Localhost') return localhostProfile === undefined ? errors : [...errors, invalid(at, { Type: type, LocalhostProfile: localhostProfile }, 'can only be set when seccomp type is Localhost')]
  if (localhostProfile === undefined) return [...errors, required(at, 'must be set when seccomp type is Localhost')]
  if (localhostProfile.startsWith('/')) errors.push(invalid(at, localhostProfile, 'must be a relative path'))
  if (localhostProfile.split('/').includes('..')) errors.push(invalid(at, localhostProfile, "must not contain '..'"))
  return errors
}

export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (profile === undefined) return []
  const { type, localhostProfile } = profile
  const at = `${path}.localhostProfile`
  if (type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')] // SC3
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)]
  if (type !== 'Localhost') return localhostProfile === undefined ? [] : [invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')]
  if (localhostProfile === undefined) return [required(at, 'must be set when AppArmor type is Localhost')]
  const errors: FieldError[] = []
  if (localhostProfile.trim() !== localhostProfile) errors.push(invalid(at, localhostProfile, 'must not be padded with whitespace'))
  else if (localhostProfile === '') errors.push(required(at, 'must be set when AppArmor type is Localhost'))
  if (new TextEncoder().encode(localhostProfile).length > longestProfile) errors.push(tooLong(at, longestProfile))
  return errors
}

const longestCredentialKiB = 64
const longestUserDomain = 256
const longestUser = 104
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsDomain = /^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?))*$/

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options ?? {}
  const errors: FieldError[] = []
  if (gmsaCredentialSpecName !== undefined) errors.push(...isDns1123Subdomain(gmsaCredentialSpecName).map(text => invalid(`${path}.gmsaCredentialSpecName`, gmsaCredentialSpecName, text)))
  if (gmsaCredentialSpec === '') errors.push(invalid(`${path}.gmsaCredentialSpec`, '', 'gmsaCredentialSpec cannot be an empty string'))
  else if (gmsaCredentialSpec !== undefined && gmsaCredentialSpec.length > longestCredentialKiB * 1024) errors.push(invalid(`${path}.gmsaCredentialSpec`, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${longestCredentialKiB} KiB`))
  if (runAsUserName !== undefined) errors.push(...windowsUserProblems(runAsUserName).map(text => invalid(`${path}.runAsUserName`, runAsUserName, `runAsUserName${text}`)))
  return errors
}

function windowsUserProblems(name: string): string[] {
  if (name === '') return [' cannot be an empty string']
  if ([...name].some(character => character < ' ' || character === '\x7f')) return [' cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return [' cannot contain more than one backslash']
  const user = parts.at(-1)!
  const domain = parts.length === 2 ? parts[0]! : undefined
  return [
    ...(domain !== undefined && domain.length >= longestUserDomain ? [`'s Domain length must be under ${longestUserDomain} characters`] : []),
    ...(domain !== undefined && !netBiosName.test(domain) && !dnsDomain.test(domain) ? ["'s Domain doesn't match the NetBios nor the DNS format"] : []),
    ...(user === '' ? ["'s User cannot be empty"] : []),
    ...(user.length > longestUser ? [`'s User length must not be longer than ${longestUser} characters`] : []),
    ...(/^[. ]+$/.test(user) ? ["'s User cannot contain only periods or spaces"] : []),
    ...(/["/\\:;|=,+*?<>@[\]]/.test(user) ? [`'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]`] : []),
  ]
}

/** SC4 */
export function validateHostProcess(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const errors: FieldError[] = []
  let [count, hostProcesses] = [0, 0]
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, { securityContext }] of (spec[list] ?? []).entries()) {
      const own = securityContext?.windowsOptions?.hostProcess
      count++
      if (own ?? ofPod ?? false) hostProcesses++
      if (ofPod !== undefined && own !== undefined && ofPod !== own) errors.push(invalid(`${path}.${list}[${index}].securityContext.windowsOptions.hostProcess`, own, `pod hostProcess value must be identical if both are specified, was ${String(ofPod)}`))
    }
  }
  if (hostProcesses === 0) return errors
  if (hostProcesses !== count) errors.push(invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'))
  if (spec.hostNetwork !== true) errors.push(invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'))
  return errors
}
