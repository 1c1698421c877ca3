# Cmdlets for the way into another tenant: mapping, plan, import, and what follows it.

<#
.SYNOPSIS
    Proposes what each group, user, app of the source is in the target (intune-ferry map).
.EXAMPLE
    New-IntuneFerryMapping trial -To production -Out mapping.json -CreateMissing group
#>
function New-IntuneFerryMapping {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $To,
        [Parameter(Mandatory)] [string] $Out,
        [string[]] $Accept,
        [string[]] $CreateMissing,
        [switch] $Csv,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess($Out, "Write the mapping of $Tree for the tenant $To")) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'map' -Bound $PSBoundParameters -Operands 'Tree'
    }
}

<#
.SYNOPSIS
    Replaces the source's ids by the target's, into another tree (intune-ferry rewrite).
.EXAMPLE
    Convert-IntuneFerryTree trial -Mapping mapping.json -Out production
#>
function Convert-IntuneFerryTree {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $Mapping,
        [Parameter(Mandatory)] [string] $Out,
        [switch] $AcceptRemovals,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess($Out, "Write $Tree with other ids into the folder")) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'rewrite' -Bound $PSBoundParameters -Operands 'Tree'
    }
}

<#
.SYNOPSIS
    Shows what an import would do, and writes nothing to the tenant (intune-ferry plan).
.EXAMPLE
    (Get-IntuneFerryPlan trial -To production -Mapping mapping.json).objects | Group-Object action
#>
function Get-IntuneFerryPlan {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $To,
        [string] $Mapping,
        [string] $Out,
        [string] $AppContent,
        [string] $Html,
        [ValidateSet('skip', 'update', 'fail')] [string] $OnConflict,
        [string] $Decide,
        [string] $Rename,
        [string] $Assignments,
        [ValidateSet('leave', 'merge', 'replace')] [string] $ExistingAssignments,
        [switch] $AllowBroad,
        [ValidateSet('disabled', 'report-only', 'keep')] [string] $CaState,
        [string[]] $IncludeDefaults,
        [switch] $Restore,
        [switch] $SendSecrets,
        [int] $MaxCreates,
        [int] $MaxUpdates,
        [string] $Secrets,
        [string] $Identity,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'plan' -Bound $PSBoundParameters -Operands 'Tree'
}

<#
.SYNOPSIS
    Imports a tree into a tenant (intune-ferry import).
.DESCRIPTION
    Asks before it begins; -Confirm:$false does not. The program itself wants the target named once more: by its tenant
    id (-TenantId), or by a plan that was reviewed (-Plan).

    With -WhatIf nothing is written: the plan is made, shown and returned, as Get-IntuneFerryPlan does.
.EXAMPLE
    Import-IntuneFerryTree trial -To production -Mapping mapping.json -WhatIf
.EXAMPLE
    Import-IntuneFerryTree trial -To production -Mapping mapping.json -Plan plan.json
.EXAMPLE
    Import-IntuneFerryTree trial -To production -Mapping mapping.json -TenantId d83a6e14-907b-4f25-8e3c-61b5a2f7c049
#>
function Import-IntuneFerryTree {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $To,
        [string] $TenantId,
        [string] $Mapping,
        [string] $Plan,
        [string] $Journal,
        [string] $Justification,
        [string] $AppContent,
        [string] $Html,
        [ValidateSet('skip', 'update', 'fail')] [string] $OnConflict,
        [string] $Decide,
        [string] $Rename,
        [string] $Assignments,
        [ValidateSet('leave', 'merge', 'replace')] [string] $ExistingAssignments,
        [switch] $AllowBroad,
        [ValidateSet('disabled', 'report-only', 'keep')] [string] $CaState,
        [string[]] $IncludeDefaults,
        [switch] $Restore,
        [switch] $SendSecrets,
        [int] $MaxCreates,
        [int] $MaxUpdates,
        [string] $Secrets,
        [string] $Identity,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess("the tenant $To", "Import $Tree")) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'import' -Bound $PSBoundParameters -Operands 'Tree' -Named @{ TenantId = '--yes' }
    } elseif ($WhatIfPreference -and -not $Plan) {
        # What a reviewed plan would do is in the plan.
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'plan' -Bound $PSBoundParameters -Operands 'Tree' -Without 'TenantId', 'Plan', 'Journal', 'Justification', 'Arguments'
    }
}

<#
.SYNOPSIS
    Goes on with an import that was stopped, waits for an approval, or has only reached its pilot group
    (intune-ferry import --resume).
.EXAMPLE
    Resume-IntuneFerryImport ferry-runs\20260101T080000Z-contoso.example.ndjson
#>
function Resume-IntuneFerryImport {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Journal,
        [switch] $Wave,
        [switch] $AllowBroad,
        [string] $TenantId,
        [string] $Secrets,
        [string] $Identity,
        [string] $Html,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess("the tenant of $Journal", 'Go on with the import')) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'import' -Bound $PSBoundParameters -Named @{ Journal = '--resume'; TenantId = '--yes' }
    }
}

<#
.SYNOPSIS
    Reads the target back and compares it with the tree (intune-ferry verify).
.EXAMPLE
    Test-IntuneFerryImport trial -To production -Mapping mapping.json
#>
function Test-IntuneFerryImport {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $To,
        [string] $Mapping,
        [string] $Html,
        [string] $Rename,
        [string] $Assignments,
        [string] $Decide,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'verify' -Bound $PSBoundParameters -Operands 'Tree'
}

<#
.SYNOPSIS
    Undoes an import, with its journal (intune-ferry undo).
.DESCRIPTION
    Asks before it begins; -Confirm:$false does not. The program itself wants the tenant named once more, by its id.
.EXAMPLE
    Undo-IntuneFerryImport ferry-runs\20260101T080000Z-contoso.example.ndjson -TenantId d83a6e14-907b-4f25-8e3c-61b5a2f7c049
#>
function Undo-IntuneFerryImport {
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Journal,
        [string] $TenantId,
        [string] $Justification,
        [switch] $Force,
        [string] $Secrets,
        [string] $Identity,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess("the tenant of $Journal", 'Undo the import')) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'undo' -Bound $PSBoundParameters -Operands 'Journal' -Named @{ TenantId = '--yes' }
    }
}
