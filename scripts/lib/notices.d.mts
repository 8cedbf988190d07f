export interface BundledPackage {
  name: string;
  licence: string;
  text: string;
}
export function packagesIn(text: string): BundledPackage[];
export function bundledPackages(): BundledPackage[];
export function notices(): string;
