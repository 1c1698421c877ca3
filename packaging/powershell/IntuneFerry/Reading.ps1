# Cmdlets that read a tenant, a tree or what the program knows, and write nothing but files.

<#
.SYNOPSIS
    Exports a tenant's policies into a folder (intune-ferry export).
.EXAMPLE
    Export-IntuneFerryTree trial -Out trial
.EXAMPLE
    Export-IntuneFerryTree production -Out tenant -Commit -AuditAuthor
#>
function Export-IntuneFerryTree {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tenant,
        [Parameter(Mandatory)] [string] $Out,
        [ValidateSet('admin-center', 'intunemanagement')] [string] $Layout,
        [switch] $AcceptRemovals,
        [switch] $Incremental,
        [switch] $Commit,
        [string] $CommitMessage,
        [switch] $AuditAuthor,
        [string] $Secrets,
        [string[]] $Recipient,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess($Out, "Export the tenant $Tenant into the folder")) {
        # A message says that there is to be a commit.
        $without = if ($CommitMessage) { 'Commit' } else { @() }
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'export' -Bound $PSBoundParameters -Operands 'Tenant' -Named @{ CommitMessage = '--commit' } -Without $without
    }
}

<#
.SYNOPSIS
    Reads another tool's export into a tree (intune-ferry adopt).
.EXAMPLE
    ConvertTo-IntuneFerryTree C:\IntuneManagement\Export -Out trial
#>
function ConvertTo-IntuneFerryTree {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Path,
        [Parameter(Mandatory)] [string] $Out,
        [switch] $AcceptRemovals,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess($Out, "Read $Path into the folder")) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'adopt' -Bound $PSBoundParameters -Operands 'Path'
    }
}

<#
.SYNOPSIS
    Checks a tree offline: damaged files, references, and what each policy needs to move (intune-ferry lint).
.EXAMPLE
    (Test-IntuneFerryTree trial).objects | Where-Object action -ne 'portable'
#>
function Test-IntuneFerryTree {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tree,
        [string] $Html,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'lint' -Bound $PSBoundParameters -Operands 'Tree'
}

<#
.SYNOPSIS
    Compares two trees or tenants in any combination (intune-ferry diff).
.EXAMPLE
    Compare-IntuneFerryTree tenant tenant:production -Html drift.html
#>
function Compare-IntuneFerryTree {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Left,
        [Parameter(Mandatory, Position = 1)] [string] $Right,
        [string] $Mapping,
        [string[]] $Ignore,
        [string] $Html,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'diff' -Bound $PSBoundParameters -Operands 'Left', 'Right'
}

<#
.SYNOPSIS
    Writes down for people what a tree has, or what an import did (intune-ferry report).
.EXAMPLE
    New-IntuneFerryReport tenant -Html tenant.html
#>
function New-IntuneFerryReport {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Path,
        [string] $Html,
        [string] $Markdown,
        [string] $Config,
        [string[]] $Arguments
    )
    if ($PSCmdlet.ShouldProcess("$Html$Markdown", "Write a report of $Path")) {
        Invoke-Ferry -Cmdlet $PSCmdlet -Command 'report' -Bound $PSBoundParameters -Operands 'Path'
    }
}

<#
.SYNOPSIS
    Lists the policy types, or says more of one (intune-ferry types).
.EXAMPLE
    (Get-IntuneFerryType settings-catalog).details.permissions.read
#>
function Get-IntuneFerryType {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string] $Type
    )
    $result = Invoke-Ferry -Cmdlet $PSCmdlet -Command 'types' -Bound $PSBoundParameters -Operands 'Type'
    if ($Type) { $result } else { $result.objects }
}

<#
.SYNOPSIS
    Explains a finding's code, or lists all codes (intune-ferry explain).
.EXAMPLE
    (Get-IntuneFerryFinding needs-secret).fix
#>
function Get-IntuneFerryFinding {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)] [string] $Code
    )
    process {
        $result = Invoke-Ferry -Cmdlet $PSCmdlet -Command 'explain' -Bound $PSBoundParameters -Operands 'Code'
        if ($Code) { $result.details } else { $result.details.codes }
    }
}

<#
.SYNOPSIS
    Signs in, and says who, where and which permissions there are (intune-ferry login).
.EXAMPLE
    Test-IntuneFerrySignIn trial -Require read
#>
function Test-IntuneFerrySignIn {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tenant,
        [string[]] $Only,
        [string[]] $Skip,
        [ValidateSet('read', 'write')] [string] $Require,
        [switch] $Forget,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'login' -Bound $PSBoundParameters -Operands 'Tenant'
}

<#
.SYNOPSIS
    Reads one page of every type, and says what the tenant answers and what it refuses (intune-ferry doctor).
.EXAMPLE
    Test-IntuneFerryTenant trial -Out doctor.json
#>
function Test-IntuneFerryTenant {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Tenant,
        [string] $Out,
        [string[]] $Only,
        [string[]] $Skip,
        [string] $Config,
        [string[]] $Arguments
    )
    Invoke-Ferry -Cmdlet $PSCmdlet -Command 'doctor' -Bound $PSBoundParameters -Operands 'Tenant'
}

<#
.SYNOPSIS
    Checks what a tenant needs before the policies of a tree work there, or its health without a tree (intune-ferry ready).
.DESCRIPTION
    Each check is an object with its state: missing, soon, not-known, ready or not-needed.
.EXAMPLE
    Get-IntuneFerryReadiness trial -To production -Mapping mapping.json | Where-Object state -eq 'missing'
.EXAMPLE
    Get-IntuneFerryReadiness -To production | Where-Object date | Sort-Object date
#>
function Get-IntuneFerryReadiness {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string] $Tree,
        [Parameter(Mandatory)] [string] $To,
        [string] $Mapping,
        [switch] $Dns,
        [switch] $Names,
        [string] $Out,
        [string] $Announce,
        [string] $Html,
        [string] $Markdown,
        [string[]] $Only,
        [string[]] $Skip,
        [string[]] $Name,
        [switch] $WithoutDependencies,
        [string] $Config,
        [string[]] $Arguments
    )
    # What could not be checked is a state of its own, not an error.
    $result = Invoke-Ferry -Cmdlet $PSCmdlet -Command 'ready' -Bound $PSBoundParameters -Operands 'Tree' -MayFail
    foreach ($row in $result.details.rows) {
        $row.PSObject.TypeNames.Insert(0, 'IntuneFerry.Check')
        $row
    }
}
