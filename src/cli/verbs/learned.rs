//! `profiles` and `classes`: what was learned.

use crate::{
    cli::{
        args::{ClassesArgs, ClassesVerb, ProfilesArgs},
        client::Client,
        output::Output,
        table::{Table, ms, or_dash, percent, usd},
        trouble::Trouble,
    },
    proto,
};

/// `profiles`
pub async fn profiles(
    client: &Client,
    args: ProfilesArgs,
    out: &mut Output,
) -> Result<(), Trouble> {
    let request = proto::ListProfilesRequest {
        class_id: args.class,
        arm: args.arm,
    };
    let answer = client
        .admin()
        .await?
        .list_profiles(client.request(request))
        .await?;
    out.message("ListProfilesResponse", answer.get_ref(), |answer| {
        let heads = [
            "class",
            "label",
            "arm",
            ">quality",
            ">+-",
            ">judged",
            ">cost",
            ">latency",
            ">failures",
            ">calls",
        ];
        let mut table = Table::new(&heads);
        for profile in &answer.profiles {
            table.row(profile_cells(profile));
        }
        table.text_or("nothing is known yet: route some prompts and send feedback")
    })
}

fn profile_cells(profile: &proto::Profile) -> [String; 10] {
    let quality = profile.quality.unwrap_or_default();
    [
        profile.class_id.clone().unwrap_or_else(|| "all".to_owned()),
        profile.class_label.clone(),
        profile.arm.clone(),
        format!("{:.3}", quality.mean),
        format!("{:.3}", quality.sd),
        format!("{:.1}", profile.evidence),
        or_dash(profile.cost_usd, |cost| usd(cost.mean)),
        or_dash(profile.latency_ms, |latency| ms(latency.mean)),
        percent(profile.failure_rate),
        format!("{:.0}", profile.calls),
    ]
}

/// `classes`
pub async fn classes(client: &Client, args: ClassesArgs, out: &mut Output) -> Result<(), Trouble> {
    let mut admin = client.admin().await?;
    if let Some(ClassesVerb::Rename { class, label }) = args.verb {
        let request = proto::RenameClassRequest {
            class_id: class,
            label,
        };
        let answer = admin.rename_class(client.request(request)).await?;
        return out.message("RenameClassResponse", answer.get_ref(), |answer| {
            let class = answer.prompt_class.as_slice();
            class_table(class)
        });
    }
    let answer = admin
        .list_classes(client.request(proto::ListClassesRequest {}))
        .await?;
    out.message("ListClassesResponse", answer.get_ref(), |answer| {
        class_table(&answer.classes)
    })
}

fn class_table(classes: &[proto::PromptClass]) -> String {
    let mut table = Table::new(&[
        "class",
        "label",
        ">prompts",
        ">share",
        ">cohesion",
        "within",
        "best arm",
    ]);
    for class in classes {
        table.row([
            class.id.clone(),
            class.label.clone(),
            format!("{:.1}", class.prompts),
            percent(class.share),
            format!("{:.2}", class.cohesion),
            class.parent.clone().unwrap_or_default(),
            or_dash(class.best_arm.clone(), |arm| arm),
        ]);
    }
    table.text_or("no class yet: they form as prompts arrive")
}
