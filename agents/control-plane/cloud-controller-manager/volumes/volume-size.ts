/** Sizes of the lab's disks: whole MiB. */
import { quantityValue } from '../../../api/schema/quantity.ts'

const mebibyte = 1024 ** 2

/** Bytes of a quantity, in whole MiB. */
export function wholeMebibytes(quantity: string): number {
  return Math.ceil(Number(quantityValue(quantity)) / mebibyte) * mebibyte
}

/** As a PersistentVolume's capacity tells it. */
export function capacityText(bytes: number): string {
  return bytes % 1024 ** 3 === 0 ? `${bytes / 1024 ** 3}Gi` : `${bytes / mebibyte}Mi`
}
