<#
.SYNOPSIS
    Installs intune-ferry on Windows for the user who runs this.
.DESCRIPTION
    Downloads the archive for this machine, checks its checksum, and puts the program into a folder of the user. Nothing
    else changes without -AddToPath, and no administrator is needed. Windows PowerShell 5.1 or PowerShell 7.

    Where a script is run straight from the web, parameters cannot be given: these variables do the same.
      INTUNE_FERRY_DIR         as -Dir
      INTUNE_FERRY_VERSION     as -Version
      INTUNE_FERRY_REPOSITORY  OWNER/NAME on github.com
      INTUNE_FERRY_BASE_URL    where the archives and SHA256SUMS are, instead of the release on github.com
.PARAMETER Dir
    Where the program goes; otherwise %LOCALAPPDATA%\Programs\intune-ferry.
.PARAMETER Version
    Another release than the one that this file belongs to.
.PARAMETER AddToPath
    Adds the folder to the user's PATH, for new terminals.
.PARAMETER Attestation
    Also has GitHub's `gh` check that the release workflow of the repository built the archive.
#>
[CmdletBinding()]
param(
    [string] $Dir,
    [string] $Version,
    [switch] $AddToPath,
    [switch] $Attestation
)

# Everything is in a function that the last line calls: a script that was cut off does nothing, and a session that runs
# it with Invoke-Expression keeps its own settings.
function Install-IntuneFerry {
    [CmdletBinding()]
    param(
        [string] $Dir,
        [string] $Version,
        [switch] $AddToPath,
        [switch] $Attestation
    )

    Set-StrictMode -Version 3.0
    $ErrorActionPreference = 'Stop'
    # Windows PowerShell draws its progress so often that a download takes many times as long.
    $ProgressPreference = 'SilentlyContinue'

    # The release workflow writes the release that this file belongs to in here.
    $repository = '@REPOSITORY@'
    $release = '@VERSION@'

    if ($PSVersionTable.PSEdition -eq 'Core' -and -not $IsWindows) {
        throw 'This script is for Windows. Run install.sh of the same release.'
    }
    if ($env:INTUNE_FERRY_REPOSITORY) { $repository = $env:INTUNE_FERRY_REPOSITORY }
    if (-not $Version) { $Version = $env:INTUNE_FERRY_VERSION }
    if (-not $Version) { $Version = $release }
    $Version = $Version -replace '^v', ''
    if (-not $Dir) { $Dir = $env:INTUNE_FERRY_DIR }
    if (-not $Dir) { $Dir = Join-Path $env:LOCALAPPDATA 'Programs\intune-ferry' }
    if ($Version -like '@*') { throw 'This copy belongs to no release. Give -Version, or take install.ps1 from a release.' }
    if ($Version -notmatch '^[0-9A-Za-z.-]+$') { throw "$Version is not a version." }
    $base = $env:INTUNE_FERRY_BASE_URL
    if (-not $base -or $Attestation) {
        if ($repository -like '@*') { throw 'This copy belongs to no repository. Set INTUNE_FERRY_REPOSITORY to OWNER/NAME.' }
        if ($repository -notmatch '^[0-9A-Za-z._-]+/[0-9A-Za-z._-]+$') { throw "$repository is not OWNER/NAME." }
    }
    if (-not $base) { $base = "https://github.com/$repository/releases/download/v$Version" }
    $base = $base.TrimEnd('/')
    # Plain http only from this machine itself: a local mirror, or a test.
    $address = [uri] $base
    if ($address.Scheme -ne 'https' -and -not ($address.Scheme -eq 'http' -and $address.IsLoopback)) {
        throw "$base is not an https address."
    }

    # A 32-bit PowerShell says the machine's processor in the second variable.
    $machine = $env:PROCESSOR_ARCHITEW6432
    if (-not $machine) { $machine = $env:PROCESSOR_ARCHITECTURE }
    switch ($machine) {
        'AMD64' { $target = 'x86_64-pc-windows-msvc' }
        'ARM64' { $target = 'aarch64-pc-windows-msvc' }
        default { throw "There is no program for $machine processors." }
    }
    $archive = "intune-ferry-$target-v$Version.zip"

    if ($PSVersionTable.PSEdition -ne 'Core') {
        # Windows PowerShell does not offer it by itself on every system.
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    }
    $work = Join-Path ([IO.Path]::GetTempPath()) ('intune-ferry-' + [guid]::NewGuid().ToString('n'))
    $null = New-Item -ItemType Directory -Path $work
    try {
        Write-Host "Downloading $archive"
        foreach ($file in 'SHA256SUMS', $archive) {
            try {
                Invoke-WebRequest -UseBasicParsing -Uri "$base/$file" -OutFile (Join-Path $work $file)
            } catch {
                throw "Could not download $base/${file}: $($_.Exception.Message) Check the version and the network, then run this again."
            }
        }
        # Exactly one line of the file's name, with 64 hexadecimal digits.
        $lines = @(Get-Content -LiteralPath (Join-Path $work 'SHA256SUMS') |
                Where-Object { $_ -match '^([0-9a-fA-F]{64}) [ *](.+)$' -and $Matches[2] -ceq $archive } |
                ForEach-Object { ($_ -split ' ')[0] })
        if ($lines.Count -ne 1) {
            throw "SHA256SUMS says nothing usable of $archive. Nothing was installed. The release may be incomplete; try again later."
        }
        $packed = Join-Path $work $archive
        $have = (Get-FileHash -Algorithm SHA256 -LiteralPath $packed).Hash
        if ($have -ne $lines[0]) {
            throw "$archive has the checksum $have; SHA256SUMS says $($lines[0]). Nothing was installed. Download again; if it stays so, do not use the file and report it."
        }
        if ($Attestation) {
            if (-not (Get-Command -Name gh -CommandType Application -ErrorAction SilentlyContinue)) {
                throw "gh is not installed: the attestation cannot be checked. Install GitHub's CLI, or leave out -Attestation."
            }
            & gh attestation verify $packed --repo $repository
            if ($LASTEXITCODE -ne 0) { throw "The attestation of $archive is not good. Nothing was installed. Do not use the file and report it." }
        }

        $unpacked = Join-Path $work 'unpacked'
        Expand-Archive -LiteralPath $packed -DestinationPath $unpacked
        $program = Join-Path $unpacked 'intune-ferry.exe'
        if (-not (Test-Path -LiteralPath $program -PathType Leaf)) { throw "$archive does not hold intune-ferry.exe. Nothing was installed. Report it." }
        # Before anything is replaced: the program must run here.
        $answer = (& $program --version | Out-String).Trim()
        if ($LASTEXITCODE -ne 0) { throw 'The program does not run on this machine. Nothing was installed.' }
        if ($answer -ne "intune-ferry $Version") { throw "The program says it is '$answer', not version $Version. Nothing was installed. Report it." }

        $null = New-Item -ItemType Directory -Path $Dir -Force
        $Dir = (Resolve-Path -LiteralPath $Dir).ProviderPath
        $installed = Join-Path $Dir 'intune-ferry.exe'
        $staged = Join-Path $Dir ('.intune-ferry-' + [guid]::NewGuid().ToString('n') + '.exe')
        try {
            Copy-Item -LiteralPath $program -Destination $staged
            Move-Item -LiteralPath $staged -Destination $installed -Force
        } catch {
            Remove-Item -LiteralPath $staged -ErrorAction SilentlyContinue
            throw "Could not write ${installed}: $($_.Exception.Message) Close every intune-ferry that runs, or give -Dir a folder that you may write."
        }
        Write-Host "Installed $answer in $Dir"
    } finally {
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    }

    if (@($env:Path -split ';' | ForEach-Object { $_.TrimEnd('\') }) -contains $Dir.TrimEnd('\')) {
        Write-Host 'Try it: intune-ferry demo'
    } elseif ($AddToPath) {
        # From the registry as it is written there: other ways would put values in the place of the entries' variables.
        $key = Get-Item -LiteralPath 'HKCU:\Environment'
        $path = [string] $key.GetValue('Path', '', 'DoNotExpandEnvironmentNames')
        $entries = @($path -split ';' | Where-Object { $_ -ne '' })
        if ($entries -notcontains $Dir) {
            Set-ItemProperty -LiteralPath 'HKCU:\Environment' -Name Path -Type ExpandString -Value (($entries + $Dir) -join ';')
            # Setting any variable this way makes Windows tell running programs that the environment has changed.
            [Environment]::SetEnvironmentVariable('INTUNE_FERRY_INSTALLED', '1', 'User')
            [Environment]::SetEnvironmentVariable('INTUNE_FERRY_INSTALLED', $null, 'User')
        }
        Write-Host 'The folder is in your PATH. Open a new terminal and try it: intune-ferry demo'
    } else {
        Write-Host "$Dir is not in your PATH. For this terminal:"
        Write-Host "  `$env:Path += ';$Dir'"
        Write-Host 'For new ones, run this again with -AddToPath, or add the folder under Settings, "Edit environment variables for your account".'
    }
}

Install-IntuneFerry @PSBoundParameters
