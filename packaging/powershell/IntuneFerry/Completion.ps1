# What Tab completes: policy types, codes of findings, tenants, and the program's own command line.

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
