# Pester 5: Invoke-Pester packaging/powershell. Needs the program: in PATH, or named by the variable INTUNE_FERRY.
# No tenant and no network is needed; whole moves are tested through the program (tests/it).

BeforeAll {
    Import-Module -Name (Join-Path $PSScriptRoot 'IntuneFerry/IntuneFerry.psd1') -Force
}

AfterAll {
    Remove-Module -Name IntuneFerry
}

Describe 'the module' {
    It 'exports what its manifest lists, and nothing else' {
        $manifest = Import-PowerShellDataFile -Path (Join-Path $PSScriptRoot 'IntuneFerry/IntuneFerry.psd1')
        $exported = (Get-Command -Module IntuneFerry).Name | Sort-Object
        $exported | Should -Be ($manifest.FunctionsToExport | Sort-Object)
    }

    It 'uses approved verbs' {
        $verbs = (Get-Verb).Verb
        foreach ($command in Get-Command -Module IntuneFerry) {
            $command.Verb | Should -BeIn $verbs
        }
    }

    It 'has help with an example for <_>' -ForEach 'Export-IntuneFerryTree', 'Import-IntuneFerryTree', 'Undo-IntuneFerryImport' {
        (Get-Help $_).Synopsis | Should -Match 'intune-ferry'
        @((Get-Help $_ -Examples).examples.example).Count | Should -BeGreaterThan 0
    }

    It 'asks before what writes to a tenant: <_>' -ForEach 'Import-IntuneFerryTree', 'Resume-IntuneFerryImport', 'Undo-IntuneFerryImport' {
        $command = Get-Command $_
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        $attribute = $command.ScriptBlock.Attributes | Where-Object { $_ -is [System.Management.Automation.CmdletBindingAttribute] }
        $attribute.ConfirmImpact | Should -Be 'High'
    }
}

Describe 'words for the program' {
    It 'turns a name into an option' {
        InModuleScope IntuneFerry {
            ConvertTo-FerryOption 'OnConflict' | Should -BeExactly '--on-conflict'
            ConvertTo-FerryOption 'To' | Should -BeExactly '--to'
        }
    }

    It 'keeps every word as it is' {
        InModuleScope IntuneFerry {
            ConvertTo-FerryCommandLine @('a', 'b c', '', 'say "hi"', 'C:\end\', 'C:\with space\', 'back\"slash') |
                Should -BeExactly 'a "b c" "" "say \"hi\"" C:\end\ "C:\with space\\" "back\\\"slash"'
        }
    }

    It 'gives the program what a person typed' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram { $script:words = $Words; '{"outcome":"done","objects":[],"findings":[]}' }
            $null = Get-IntuneFerryPlan -Tree '-odd' -To production -OnConflict update -Only 'a', 'b' -AllowBroad -SendSecrets:$false -MaxCreates 0
            $script:words[0..1] | Should -Be 'plan', '--format=json'
            $script:words[-2..-1] | Should -Be '--', '-odd'
            $options = $script:words[2..($script:words.Count - 3)] | Sort-Object
            $options | Should -Be (@('--to=production', '--on-conflict=update', '--only=a', '--only=b', '--allow-broad', '--max-creates=0') | Sort-Object)
        }
    }

    It 'confirms an import with the tenant id, and plans it with -WhatIf' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram { $script:words = $Words; '{"outcome":"done","objects":[],"findings":[]}' }
            $null = Import-IntuneFerryTree trial -To production -TenantId 0-1 -Journal j -Confirm:$false
            $script:words | Should -Contain '--yes=0-1'
            $script:words[0] | Should -Be 'import'
            $null = Import-IntuneFerryTree trial -To production -TenantId 0-1 -Journal j -Rename 'x {name}' -WhatIf
            $script:words[0] | Should -Be 'plan'
            $script:words | Should -Contain '--rename=x {name}'
            ($script:words -like '--yes*').Count + ($script:words -like '--journal*').Count | Should -Be 0
            $script:words = $null
            $null = Undo-IntuneFerryImport j -TenantId 0-1 -WhatIf
            $script:words | Should -BeNullOrEmpty
        }
    }
}

Describe 'results' {
    It 'lists the policy types as objects' {
        $types = Get-IntuneFerryType
        $types.Count | Should -BeGreaterThan 50
        $types.type | Should -Contain 'settings-catalog'
        (Get-IntuneFerryType settings-catalog).details.permissions.read | Should -Contain 'DeviceManagementConfiguration.Read.All'
    }

    It 'explains a finding, by the pipeline too' {
        (Get-IntuneFerryFinding needs-secret).severity | Should -Be 'error'
        $found = [pscustomobject] @{ code = 'needs-secret' } | Get-IntuneFerryFinding
        $found.code | Should -Be 'needs-secret'
    }

    It 'ends with the error of the program, and its fix' {
        $thrown = { Test-IntuneFerryTree (Join-Path $TestDrive 'none') } | Should -Throw -PassThru
        $thrown.FullyQualifiedErrorId | Should -BeLike 'IntuneFerry.usage*'
        $thrown.Exception.Message | Should -BeLike '*does not exist*fix: *'
        $thrown.TargetObject.exitCode | Should -Be 2
    }

    It 'gives a result that is not good as an object, not as an error' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram { '{"outcome":"differences","exitCode":3,"objects":[{"name":"a"}],"findings":[]}' }
            $result = Compare-IntuneFerryTree a b
            $result.outcome | Should -Be 'differences'
            $result.objects[0].PSObject.TypeNames | Should -Contain 'IntuneFerry.Object'
        }
    }

    It 'reports that objects failed, and gives the result' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram { '{"outcome":"some-failed","exitCode":5,"objects":[],"findings":[]}' }
            $result = Export-IntuneFerryTree trial -Out x -ErrorVariable said -ErrorAction SilentlyContinue
            $result.exitCode | Should -Be 5
            $said[0].FullyQualifiedErrorId | Should -BeLike 'IntuneFerry.some-failed*'
        }
    }

    It 'gives the checks of a tenant as objects, and is no error where some could not be made' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram {
                $script:words = $Words
                '{"outcome":"some-failed","exitCode":5,"objects":[],"findings":[],"details":{"rows":[{"check":"a","area":"Tenant","title":"t","state":"not-known","says":"s","fix":"f"},{"check":"b","area":"Tenant","title":"u","state":"ready","says":"s"}]}}'
            }
            $checks = Get-IntuneFerryReadiness -To production -Names -ErrorVariable said
            $checks.Count | Should -Be 2
            $checks[0].state | Should -Be 'not-known'
            $checks[0].PSObject.TypeNames | Should -Contain 'IntuneFerry.Check'
            $said.Count | Should -Be 0
            $script:words | Should -Contain '--names'
            $script:words | Should -Not -Contain '--'
            $null = Get-IntuneFerryReadiness trial -To production
            $script:words[-2..-1] | Should -Be '--', 'trial'
        }
    }

    It 'says what it got where it is not a result' {
        InModuleScope IntuneFerry {
            Mock Start-FerryProgram { 'not JSON' }
            { Test-IntuneFerryTree x } | Should -Throw -ErrorId 'IntuneFerry.no-result*'
        }
    }

    It 'keeps names of every script' {
        InModuleScope IntuneFerry {
            # The names come through a real program and its pipe: the words of an error repeat what was typed.
            $name = [string] [char] 0x6771 + [char] 0x4EAC
            $thrown = { Get-IntuneFerryFinding $name } | Should -Throw -PassThru
            $thrown.Exception.Message | Should -BeLike "*$name*"
        }
    }

    It 'reads long results in Windows PowerShell' {
        InModuleScope IntuneFerry {
            $long = 'x' * 3000000
            (ConvertFrom-FerryJson "{`"a`":[],`"b`":[{`"c`":`"$long`"}],`"d`":null}").b[0].c.Length | Should -Be 3000000
        }
    }
}

Describe '-WhatIf' {
    It 'writes nothing' {
        $out = Join-Path $TestDrive 'tree'
        Export-IntuneFerryTree unknown -Out $out -WhatIf
        Test-Path $out | Should -BeFalse
    }
}

Describe 'completion' {
    It 'knows types, codes and tenants' {
        Set-Content -LiteralPath (Join-Path $TestDrive 'ferry.toml') -Value '[tenants.trial]', 'tenant_id = "x"', '[tenants.production]'
        Push-Location $TestDrive
        try {
            (TabExpansion2 'Export-IntuneFerryTree tr' 25).CompletionMatches.CompletionText | Should -Contain 'trial'
            (TabExpansion2 'Get-IntuneFerryType settings-c' 30).CompletionMatches.CompletionText | Should -Contain 'settings-catalog'
            (TabExpansion2 'Get-IntuneFerryFinding needs-s' 30).CompletionMatches.CompletionText | Should -Contain 'needs-secret'
        } finally {
            Pop-Location
        }
    }
}
