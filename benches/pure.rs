//! What is done with policies in memory, on 1,000 and 10,000 of them: canonical form, comparison, rewriting,
//! diff, and a whole plan against an empty tenant in this process. `cargo bench --bench pure`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use intune_ferry::catalogue::{Catalogue, Selection};
use intune_ferry::engine::diff::{self, Side};
use intune_ferry::engine::plan::PlanInputs;
use intune_ferry::engine::plan::plan_file::Options;
use intune_ferry::engine::plan::planner::plan;
use intune_ferry::engine::shape::secrets::NoSecrets;
use intune_ferry::engine::tenant::Tenant;
use intune_ferry::event::Silent;
use intune_ferry::graph::{Auth, Client, Settings};
use intune_ferry::mapping::{Source, rewrite};
use intune_ferry::policy::{canonical, differences};
use intune_ferry::sandbox::{Behaviour, Config, Sandbox, TenantSeed};
use intune_ferry::tree::{self, Snapshot};
use serde_json::Value;

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use support::tenant;

const SIZES: [usize; 2] = [1_000, 10_000];
const TARGET: &str = "d83a6e14-907b-4f25-8e3c-61b5a2f7c049";

fn snapshot(size: usize) -> Snapshot {
    let groups = tenant::groups();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    tenant::snapshot(size, &groups, &|_| false)
}

fn canonical_form(criterion: &mut Criterion) {
    let catalogue = Catalogue::built_in().expect("the catalogue");
    let rules = catalogue.get("settings-catalog").expect("the type").rules(&catalogue.shared);
    let mut group = criterion.benchmark_group("canonical form");
    for size in SIZES {
        let policies: Vec<_> = snapshot(size).policies.iter().map(intune_ferry::policy::Kept::open).collect();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                for policy in &policies {
                    black_box(canonical::canonicalise(policy.body.clone(), &rules));
                }
            });
        });
    }
    group.finish();
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare");
    for size in SIZES {
        let values: Vec<Value> = snapshot(size).policies.iter().map(intune_ferry::policy::Kept::to_value).collect();
        let others = values.clone();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                for (value, other) in values.iter().zip(&others) {
                    black_box(differences(value, other));
                }
            });
        });
    }
    group.finish();
}

fn rewriting(criterion: &mut Criterion) {
    let catalogue = Catalogue::built_in().expect("the catalogue");
    let groups = tenant::groups();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let mapping = tenant::mapping(&groups);
    let mut group = criterion.benchmark_group("rewrite");
    for size in SIZES {
        let snapshot = snapshot(size);
        let source = Source {
            tenant: snapshot.tenant.as_ref(),
            policies: &snapshot.policies,
            directory: &snapshot.directory,
            catalogue: &catalogue,
            already_rewritten: false,
            ignore_assignments: false,
            same_tenant: false,
        };
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(rewrite(&source, Some(&mapping))));
        });
    }
    group.finish();
}

fn diffing(criterion: &mut Criterion) {
    let catalogue = Catalogue::built_in().expect("the catalogue");
    let selection = Selection::default();
    let side = |snapshot: Snapshot| Side::of_tenant("a tenant".to_owned(), snapshot);
    let mut group = criterion.benchmark_group("diff");
    for size in SIZES {
        let groups = tenant::groups();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let left = side(tenant::snapshot(size, &groups, &|_| false));
        let right = side(tenant::snapshot(size, &groups, &|number| number % 100 == 7));
        let inputs = diff::DiffInputs {
            catalogue: &catalogue,
            left: &left,
            right: &right,
            selection: &selection,
            with_dependencies: true,
            ignore: &[],
        };
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let compared = diff::diff(inputs);
                assert_eq!(compared.differing.len(), size / 100);
                black_box(compared)
            });
        });
    }
    group.finish();
}

fn planning(criterion: &mut Criterion) {
    let catalogue = Catalogue::built_in().expect("the catalogue");
    let groups = tenant::groups();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let mapping = tenant::mapping(&groups);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let target = TenantSeed {
        tenant_id: TARGET.into(),
        display_name: "Fabrikam".into(),
        default_domain: "fabrikam.onmicrosoft.com".into(),
        client_id: "11111111-2222-4333-8444-555555555555".into(),
        client_secret: "not-a-real-secret".into(),
        objects: tenant::target_groups(&mapping),
        ..TenantSeed::default()
    };
    let behaviour = Behaviour { page_size: 100, ..Behaviour::default() };
    let config = Config { tenants: vec![target], behaviour, ..Config::default() };
    let sandbox = runtime.block_on(Sandbox::start(config)).expect("a sandbox");
    let url: url::Url = sandbox.url.parse().expect("a URL");
    let auth = Auth::ClientSecret("not-a-real-secret".into());
    let client_id = "11111111-2222-4333-8444-555555555555".to_owned();
    let settings = Settings::new(url.clone(), url, TARGET.into(), client_id, auth);
    let client = Client::new(settings).expect("a client");
    let mut group = criterion.benchmark_group("plan");
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a folder");
        tree::write(folder.path(), &snapshot(size), &catalogue, tree::Consent { removals: true, ..Default::default() })
            .expect("a tree");
        let tree = tree::read(folder.path(), &catalogue).expect("a tree");
        let (options, selection) = (Options::default(), Selection::default());
        let inputs = PlanInputs {
            tenant: Tenant { client: &client, catalogue: &catalogue, reporter: &Silent },
            tree: &tree,
            mapping: Some(&mapping),
            options: &options,
            selection: &selection,
            secrets: &NoSecrets,
            content: None,
        };
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let prepared = runtime.block_on(plan(inputs)).expect("a plan");
                assert_eq!(prepared.plan.steps.len(), size);
                black_box(prepared)
            });
        });
    }
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(500)).without_plots()
}

criterion_group! { name = all; config = quick(); targets = canonical_form, compare, rewriting, diffing, planning }
criterion_main!(all);
