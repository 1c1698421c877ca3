# Cmdlets that run intune-ferry and give what it says with --format=json as objects.
#
# A parameter is the program's option of the same name: -OnConflict is --on-conflict, -Only a,b is --only=a --only=b.
# What the options mean is said once, by the program: intune-ferry COMMAND --help. An option that a cmdlet does not have
# (a newer program's, say) can be given in -Arguments.

Set-StrictMode -Version 3.0

# -- Running the program ---------------------------------------------------------------------------------------------

# The program: the file that the variable INTUNE_FERRY names, or the one in PATH.
function Get-FerryProgram {
    if ($env:INTUNE_FERRY) {
        return $env:INTUNE_FERRY
    }
    $found = Get-Command -Name 'intune-ferry' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $found) {
        throw 'intune-ferry is not in PATH. Install it, or set the variable INTUNE_FERRY to the file.'
    }
    $found.Path
}

# 'OnConflict' is '--on-conflict'.
function ConvertTo-FerryOption {
    param([string] $Name)
    '--' + ($Name -creplace '(?<!^)([A-Z])', '-$1').ToLowerInvariant()
}

# One line out of words, so that the program reads the same words again. (Windows PowerShell's own way of starting a
# program loses quotes and empty words; .NET reads the line by these rules on every system.)
function ConvertTo-FerryCommandLine {
    param([AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Words)
    $quoted = foreach ($word in $Words) {
        if ($word -ne '' -and $word -notmatch '[\s"]') {
            $word
        } else {
            '"' + (($word -replace '(\\*)"', '$1$1\"') -replace '(\\+)$', '$1$1') + '"'
        }
    }
    $quoted -join ' '
}

# Windows PowerShell's ConvertFrom-Json ends at two million characters, and a tenant's plan may be longer.
function ConvertTo-FerryObject {
    param($Value)
    if ($Value -is [System.Collections.IDictionary]) {
        $object = [ordered] @{}
        foreach ($key in $Value.Keys) {
            $object[$key] = ConvertTo-FerryObject -Value ($Value[$key])
        }
        [pscustomobject] $object
    } elseif ($Value -is [array]) {
        $list = @(foreach ($one in $Value) { ConvertTo-FerryObject -Value $one })
        # The comma keeps a list of one, or of none, a list.
        , $list
    } else {
        $Value
    }
}

function ConvertFrom-FerryJson {
    param([string] $Text)
    if ($PSVersionTable.PSEdition -eq 'Core') {
        return ConvertFrom-Json -InputObject $Text
    }
    Add-Type -AssemblyName System.Web.Extensions
    $reader = New-Object -TypeName System.Web.Script.Serialization.JavaScriptSerializer
    $reader.MaxJsonLength = [int]::MaxValue
    $reader.RecursionLimit = 1000
    ConvertTo-FerryObject -Value ($reader.DeserializeObject($Text))
}

# Starts the program and returns the text that it printed. What it says on the way (a plan, how to sign in) is shown.
function Start-FerryProgram {
    param([string[]] $Words)
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = Get-FerryProgram
    $start.Arguments = ConvertTo-FerryCommandLine $Words
    $start.WorkingDirectory = (Get-Location -PSProvider FileSystem).ProviderPath
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.Encoding]::UTF8
    $start.StandardErrorEncoding = [System.Text.Encoding]::UTF8
    Write-Verbose "$($start.FileName) $($start.Arguments)"

    $process = [System.Diagnostics.Process]::Start($start)
    try {
        # No one can answer a question here: the program then says which option answers it.
        $process.StandardInput.Close()
        $printed = $process.StandardOutput.ReadToEndAsync()
        $isError = $false
        while ($null -ne ($line = $process.StandardError.ReadLine())) {
            # The error itself comes with the result.
            $isError = $isError -or $line -like 'error: *'
            if ($isError) {
                Write-Verbose $line
            } else {
                Write-Host $line
            }
        }
        $process.WaitForExit()
        $printed.GetAwaiter().GetResult()
    } finally {
        # After Ctrl-C the program ends in order by itself: it has got it, too.
        if (-not $process.HasExited -and -not $process.WaitForExit(15000)) {
            $process.Kill()
        }
        $process.Dispose()
    }
}

# Runs a command for a cmdlet, and returns its result. What ended the command is an error that ends the cmdlet, with the
# program's outcome as its ID; objects that failed are an error in addition to the result.
function Invoke-Ferry {
    param(
        # $PSCmdlet of the cmdlet.
        $Cmdlet,
        [string] $Command,
        # The cmdlet's $PSBoundParameters.
        [System.Collections.IDictionary] $Bound,
        # The parameters that are the command's arguments, in this order.
        [string[]] $Operands = @(),
        # The parameters whose option has another name.
        [hashtable] $Named = @{},
        # The parameters that are none of this command's.
        [string[]] $Without = @()
    )
    $not = @([System.Management.Automation.Cmdlet]::CommonParameters) +
        @([System.Management.Automation.Cmdlet]::OptionalCommonParameters) + @('Arguments') + $Operands + $Without
    $words = @($Command, '--format=json')
    foreach ($name in $Bound.Keys) {
        if ($not -contains $name) {
            continue
        }
        $option = if ($Named.ContainsKey($name)) { $Named[$name] } else { ConvertTo-FerryOption $name }
        foreach ($value in $Bound[$name]) {
            if ($value -isnot [switch]) {
                $words += "$option=$value"
            } elseif ($value) {
                $words += $option
            }
        }
    }
    if ($Bound.ContainsKey('Arguments')) {
        $words += $Bound['Arguments']
    }
    $values = @(foreach ($name in $Operands) { if ($Bound.ContainsKey($name)) { $Bound[$name] } })
    if ($values.Count -gt 0) {
        # What begins with a hyphen is not an option from here on.
        $words += '--'
        $words += $values
    }

    $text = ''
    try {
        $text = Start-FerryProgram $words
        $result = ConvertFrom-FerryJson $text
    } catch {
        $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $_.Exception,
            'IntuneFerry.no-result', 'InvalidResult', $text
        $Cmdlet.ThrowTerminatingError($record)
    }
    if ($null -eq $result -or -not $result.PSObject.Properties['outcome']) {
        $exception = New-Object -TypeName System.Exception -ArgumentList "intune-ferry $Command gave no result"
        $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception,
            'IntuneFerry.no-result', 'InvalidResult', $text
        $Cmdlet.ThrowTerminatingError($record)
    }
    $result.PSObject.TypeNames.Insert(0, 'IntuneFerry.Result')
    foreach ($object in $result.objects) {
        $object.PSObject.TypeNames.Insert(0, 'IntuneFerry.Object')
    }
    foreach ($finding in $result.findings) {
        $finding.PSObject.TypeNames.Insert(0, 'IntuneFerry.Finding')
    }

    if ($result.PSObject.Properties['error']) {
        $message = $result.error.message
        if ($result.error.fix) {
            $message = "$message`n  fix: $($result.error.fix)"
        }
        $exception = New-Object -TypeName System.Exception -ArgumentList $message
        $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception,
            "IntuneFerry.$($result.outcome)", 'NotSpecified', $result
        $Cmdlet.ThrowTerminatingError($record)
    }
    if ($result.outcome -eq 'some-failed') {
        $exception = New-Object -TypeName System.Exception -ArgumentList 'Some objects failed; the result has their findings.'
        $record = New-Object -TypeName System.Management.Automation.ErrorRecord -ArgumentList $exception,
            'IntuneFerry.some-failed', 'NotSpecified', $result
        $Cmdlet.WriteError($record)
    }
    $result
}

# What a result shows of itself; everything else is there all the same.
$view = @{
    'IntuneFerry.Result' = 'command', 'outcome', 'counts', 'findings'
    'IntuneFerry.Object' = 'type', 'name', 'action', 'findings'
    'IntuneFerry.Finding' = 'severity', 'code', 'subject', 'message', 'fix'
}
foreach ($name in $view.Keys) {
    Update-TypeData -TypeName $name -DefaultDisplayPropertySet $view[$name] -Force
}

# -- Reading -----------------------------------------------------------------------------------------------------------

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

# -- Moving ------------------------------------------------------------------------------------------------------------

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

# -- Anything else -----------------------------------------------------------------------------------------------------

<#
.SYNOPSIS
    Runs any command of intune-ferry with its own words, and gives the result as an object.
.DESCRIPTION
    It asks nothing: the words are the program's, and so are its confirmations (--yes).
.EXAMPLE
    Invoke-IntuneFerry types, settings-catalog
#>
function Invoke-IntuneFerry {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [string[]] $Arguments
    )
    $rest = @($Arguments | Select-Object -Skip 1)
    Invoke-Ferry -Cmdlet $PSCmdlet -Command $Arguments[0] -Bound @{ Arguments = $rest }
}

# -- Completion --------------------------------------------------------------------------------------------------------

# The words that the program has for something; empty where it cannot be run.
function Get-FerryWord {
    param([string] $Command)
    try {
        $result = ConvertFrom-FerryJson (Start-FerryProgram @($Command, '--format=json'))
        if ($Command -eq 'types') { $result.objects.type } else { $result.details.codes.code }
    } catch {
        Write-Verbose "$_"
    }
}

# The tenants that ./ferry.toml describes.
function Get-FerryTenantName {
    if (Test-Path -LiteralPath 'ferry.toml') {
        Get-Content -LiteralPath 'ferry.toml' | Where-Object { $_ -match '^\s*\[\s*tenants\s*\.\s*"?([^"\].]+?)"?\s*\]' } | ForEach-Object { $Matches[1] }
    }
}

$completers = @{
    types = { param($command, $parameter, $word) Get-FerryWord 'types' | Where-Object { $_ -like "$word*" } }
    codes = { param($command, $parameter, $word) Get-FerryWord 'explain' | Where-Object { $_ -like "$word*" } }
    tenants = { param($command, $parameter, $word) Get-FerryTenantName | Where-Object { $_ -like "$word*" } }
}
$completed = @{ Only = 'types'; Skip = 'types'; IncludeDefaults = 'types'; Type = 'types'; Code = 'codes'; Tenant = 'tenants'; To = 'tenants' }
$public = @((Get-Item -Path 'Function:\*-IntuneFerry*').Name)
foreach ($parameter in $completed.Keys) {
    Register-ArgumentCompleter -CommandName $public -ParameterName $parameter -ScriptBlock $completers[$completed[$parameter]]
}

# The program itself, where it is called by its own name.
try {
    . ([scriptblock]::Create((& (Get-FerryProgram) completions powershell | Out-String)))
} catch {
    Write-Verbose "intune-ferry itself is not completed: $_"
}

Export-ModuleMember -Function '*-IntuneFerry*'
