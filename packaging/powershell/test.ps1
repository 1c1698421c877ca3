# Tests the module with the program that cargo built. Needs Pester 5, which the runners of GitHub Actions have:
# elsewhere, Install-Module Pester -MinimumVersion 5.5 -Scope CurrentUser -SkipPublisherCheck.
$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent (Split-Path -Parent $PSScriptRoot)
if (-not $env:INTUNE_FERRY) {
    $end = ''
    if ($env:OS -eq 'Windows_NT') { $end = '.exe' }
    $env:INTUNE_FERRY = Join-Path $root "target/debug/intune-ferry$end"
}
Import-Module -Name Pester -MinimumVersion 5.0
$settings = New-PesterConfiguration
$settings.Run.Path = $PSScriptRoot
# A failed test, or no test at all, fails the step.
$settings.Run.Exit = $true
$settings.Output.Verbosity = 'Detailed'
Invoke-Pester -Configuration $settings
