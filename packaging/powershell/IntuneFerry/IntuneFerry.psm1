# Cmdlets that run intune-ferry and give what it says with --format=json as objects.
#
# A parameter is the program's option of the same name: -OnConflict is --on-conflict, -Only a,b is --only=a --only=b.
# What the options mean is said once, by the program: intune-ferry COMMAND --help. An option that a cmdlet does not have
# (a newer program's, say) can be given in -Arguments.

Set-StrictMode -Version 3.0

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
        [string[]] $Without = @(),
        # Objects that failed are part of what was asked.
        [switch] $MayFail
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
    if ($result.outcome -eq 'some-failed' -and -not $MayFail) {
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
    'IntuneFerry.Check' = 'area', 'title', 'state', 'says', 'fix'
    'IntuneFerry.Finding' = 'severity', 'code', 'subject', 'message', 'fix'
}
foreach ($name in $view.Keys) {
    Update-TypeData -TypeName $name -DefaultDisplayPropertySet $view[$name] -Force
}

. (Join-Path -Path $PSScriptRoot -ChildPath 'Reading.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Moving.ps1')

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

. (Join-Path -Path $PSScriptRoot -ChildPath 'Completion.ps1')

Export-ModuleMember -Function '*-IntuneFerry*'
