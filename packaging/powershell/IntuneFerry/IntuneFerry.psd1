@{
    RootModule = 'IntuneFerry.psm1'
    ModuleVersion = '0.1.0'
    GUID = '9f13721f-2a64-45a2-855c-d29198ad13e1'
    Author = 'The intune-ferry contributors'
    CompanyName = 'The intune-ferry contributors'
    Copyright = 'MIT OR Apache-2.0'
    Description = 'Cmdlets for intune-ferry: move, back up and review Microsoft Intune policies. They run the program and give its results as objects; install the program first.'
    PowerShellVersion = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FunctionsToExport = @(
        'Compare-IntuneFerryTree'
        'Convert-IntuneFerryTree'
        'ConvertTo-IntuneFerryTree'
        'Export-IntuneFerryTree'
        'Get-IntuneFerryFinding'
        'Get-IntuneFerryPlan'
        'Get-IntuneFerryReadiness'
        'Get-IntuneFerryType'
        'Import-IntuneFerryTree'
        'Invoke-IntuneFerry'
        'New-IntuneFerryMapping'
        'New-IntuneFerryReport'
        'Resume-IntuneFerryImport'
        'Test-IntuneFerryImport'
        'Test-IntuneFerrySignIn'
        'Test-IntuneFerryTenant'
        'Test-IntuneFerryTree'
        'Undo-IntuneFerryImport'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
    PrivateData = @{
        PSData = @{
            Tags = @('Intune', 'MicrosoftGraph', 'Backup', 'Migration', 'Windows', 'Linux', 'MacOS')
        }
    }
}
