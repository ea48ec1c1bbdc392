//! The list of cases, and the macro that makes one test of each.

/// Makes one `#[test]` of every case of the contract, in a module per subject. `$fresh` is an `async fn() -> Fresh`
/// that gives each case a store of its own, migrated and empty. `$profile` is a [`Profile`](crate::Profile), for adapters
/// that cannot do everything; a case that it lists must fail, or it is no longer true.
///
/// The tests stand where the macro stands: one line at the top of `tests/conformance.rs`.
#[macro_export]
macro_rules! repository_suite {
    ($fresh:path) => {
        $crate::repository_suite!($fresh, $crate::Profile::EVERYTHING);
    };
    ($fresh:path, $profile:expr) => {
        const PROFILE_OF_THE_ADAPTER: $crate::Profile = $profile;

        async fn fresh_store_for_a_case() -> $crate::Fresh {
            $fresh().await
        }

        $crate::repository_tests! {
            organizations {
                a_new_organization_comes_with_its_default_account_and_first_user
                everything_created_is_found_again
                the_first_user_may_have_a_password
                the_system_organization_has_number_one_throughout
                the_operators_roles_have_the_first_numbers
                customers_have_numbers_from_two
                a_second_system_organization_conflicts_on_its_kind
                an_email_in_use_conflicts_and_nothing_is_created
                an_unknown_organization_is_none
                a_new_store_has_no_system_organization
                customers_are_counted_no_further_than_asked
                two_organizations_may_have_one_name
                the_first_user_of_a_customer_has_org_admin_and_org
                the_first_user_of_the_system_organization_has_sys_admin_and_org
            }
            accounts {
                a_new_account_is_answered_and_found_again
                an_external_id_in_use_conflicts
                external_ids_conflict_only_if_they_are_exactly_the_same
                two_organizations_may_use_one_external_id
                an_unknown_account_is_none
                filters_select_accounts
                accounts_come_in_the_order_asked_for
                accounts_are_counted_no_further_than_asked
                a_users_scope_covers_the_users_account
            }
            users_create {
                a_new_user_is_answered_and_found_again
                a_user_without_anything_optional_has_nothing_optional
                a_user_with_a_password_has_it_since_then
                a_user_can_be_created_inactive
                an_email_in_use_conflicts_whatever_its_case
                emails_that_differ_in_more_than_case_are_different
                an_email_of_another_organization_conflicts_too
                an_account_that_is_not_the_organizations_conflicts
                roles_are_granted_with_the_user
                the_roles_that_a_user_is_created_with_are_answered
                instants_are_kept_to_the_microsecond
                the_number_of_an_erased_user_is_never_used_again
            }
            accounts_update {
                an_update_changes_what_it_names
                an_update_is_recorded_with_old_and_new_values
                updating_another_revision_is_stale
                the_default_account_is_never_deactivated
                an_external_id_is_free_while_its_account_is_inactive
                users_of_an_inactive_account_cannot_call_until_it_is_active_again
                erasing_the_users_of_an_account_erases_what_is_theirs_and_records_it
                more_users_than_one_round_are_erased
                who_is_created_while_the_account_goes_is_erased_or_refused
                an_account_out_of_scope_is_not_updated
                an_id_that_was_given_away_stays_known
                an_organization_is_renamed_and_its_secret_kept
            }
            roles_configure {
                what_a_role_allows_counts_from_the_next_call_on
                all_roles_are_updated_or_none
                a_role_that_differs_is_recorded
                a_role_of_an_account_is_every_users_at_the_next_call
                granting_to_an_account_at_another_revision_is_stale
                roles_of_an_account_out_of_scope_are_not_there
            }
            users_find {
                an_unknown_user_is_none
                inactive_users_are_found
                a_user_is_found_with_its_roles
                an_email_is_found_whatever_its_case
                an_unknown_email_is_none
                an_id_that_was_given_away_stays_known
            }
            users_list {
                everyone_is_listed_in_the_order_of_creation
                users_are_found_by_what_their_instances_are
                not_having_an_instance_is_the_opposite_of_having_one
                users_come_in_the_order_asked_for
                users_are_counted_no_further_than_asked
            }
            users_filter {
                text_is_compared_exactly
                text_is_ordered_by_code_point
                email_is_compared_ignoring_case
                like_ignores_case_beyond_ascii
                the_wildcards_of_like_can_be_escaped
                an_absent_value_satisfies_is_null_alone
                not_is_the_plain_opposite
                conditions_combine_with_and_and_or
                numbers_and_dates_are_compared
                nanoseconds_in_a_filter_are_not_rounded_away
                a_nul_in_a_filter_is_compared_like_any_character
                injected_sql_is_text
                the_largest_filters_work
            }
            many_terms {
                many_terms_about_instances_are_answered_in_time
                many_terms_about_tags_are_answered_in_time
                many_terms_about_other_fields_are_answered_in_time
            }
            users_update {
                an_update_changes_everything_that_it_names
                an_update_leaves_everything_that_it_does_not_name
                an_update_can_empty_fields
                what_is_updated_is_found_by_its_new_values
                every_update_counts_as_a_write
                an_update_of_another_revision_is_stale
                an_email_of_another_user_conflicts_and_nothing_changes
                the_own_email_in_another_case_is_no_conflict
                an_update_of_an_unknown_user_is_none
                an_update_replaces_the_direct_roles
                an_update_can_discard_the_instances
                unlocking_forgets_the_wrong_passwords
            }
            users_delete {
                an_erased_user_is_gone
                the_secrets_of_an_erased_user_authenticate_nobody
                the_grants_and_instances_of_an_erased_user_are_gone
                the_email_and_the_secret_of_an_erased_user_are_free
                erasing_one_user_leaves_the_others
                erasing_another_revision_is_stale
                erasing_an_unknown_user_is_false
            }
            administrators {
                the_last_administrator_cannot_be_erased
                the_last_administrator_cannot_be_deactivated
                the_last_administrator_cannot_lose_the_role_by_an_update
                the_last_administrator_cannot_lose_the_role_by_revocation
                everything_else_about_the_last_administrator_can_change
                one_of_two_administrators_can_go
                an_inactive_administrator_does_not_count
                an_administrator_of_another_organization_does_not_count
                a_user_without_the_role_can_always_go
            }
            roles {
                an_organization_has_its_four_roles_in_order
                the_system_organization_has_sys_admin_besides
                every_organization_has_roles_of_its_own
                users_of_the_default_account_have_org_by_system
                users_of_other_accounts_have_default_user_by_system
                one_role_can_come_from_several_places
                granting_at_another_revision_is_stale
                a_granted_role_is_answered_and_counts_as_a_write
                a_role_granted_already_conflicts
                a_role_that_the_organization_does_not_have_is_none
                roles_of_an_unknown_user_are_none
                a_revoked_role_is_gone_and_counts_as_a_write
                a_role_that_was_not_granted_directly_cannot_be_revoked
                grants_come_and_go_with_what_they_allow
            }
            credentials {
                two_right_secrets_tell_who_is_calling
                a_user_of_another_account_has_the_rights_of_its_account
                the_operator_is_known_too
                wrong_secrets_authenticate_nobody
                the_token_of_an_instance_authenticates_nobody
                inactive_users_do_not_authenticate
                a_lock_does_not_keep_secrets_from_working
                new_grants_count_at_the_next_call
                a_users_secret_is_kept_as_it_was_sealed
                credentials_of_an_unknown_user_are_none
                wrong_passwords_are_counted_and_lock_in_the_end
                counting_starts_again_after_a_lock
                the_caller_says_when_to_lock_and_for_how_long
                a_lock_has_an_audit_record_and_a_mere_failure_has_none
                the_right_password_forgets_the_wrong_ones
                an_upgraded_hash_is_the_same_password
                failures_of_one_user_do_not_touch_another
                a_lock_never_gets_shorter
            }
            instances {
                a_new_instance_is_answered_and_found_again
                an_element_is_registered_once_per_organization
                an_unknown_user_conflicts
                an_unknown_instance_is_none
                an_erased_instance_is_gone
                the_number_of_an_erased_instance_is_never_used_again
                erasing_another_revision_is_stale
                filters_select_instances
                instances_come_in_the_order_asked_for
                instances_are_counted_no_further_than_asked
            }
            audit {
                a_new_organization_leaves_three_records
                a_new_account_leaves_a_record
                a_new_user_leaves_a_record_without_secrets
                an_update_records_the_fields_that_differ
                an_update_records_the_direct_roles_as_one_field
                an_update_that_changes_nothing_leaves_no_record
                an_erased_user_leaves_its_old_values_and_its_history
                instances_leave_records
                grants_leave_records
                a_lock_leaves_a_record
                writes_that_fail_leave_no_record
                authors_and_requests_are_kept
            }
            audit_log {
                the_log_is_listed_newest_first_and_page_by_page
                a_clock_that_is_set_back_changes_no_order_of_the_log
                the_log_can_be_asked_for_times_users_and_accounts
                the_fields_of_the_log_can_be_filtered
                an_accounts_scope_covers_its_records
                a_users_scope_covers_what_was_done_by_and_to_the_user
                records_are_counted_no_further_than_asked
            }
            keyring {
                a_new_store_has_no_sentinel
                the_first_sentinel_stays
                the_bytes_of_a_sentinel_are_kept_exactly
                a_sentinel_is_replaced_if_it_is_still_the_old_one
                a_new_store_has_nothing_sealed
                everything_sealed_is_handed_out_in_the_order_of_its_places
                what_the_asked_key_sealed_is_looked_at_and_not_handed_out
                sealed_things_are_counted_no_further_than_asked
                what_was_sealed_anew_is_in_its_place
                what_is_something_else_by_now_is_not_replaced
            }
            secrets {
                a_replaced_user_secret_works_until_its_time_and_not_at_it
                who_calls_is_known_until_the_first_of_what_is_presented_ends
                the_present_user_secret_is_the_new_one
                no_replaced_user_secret_outlives_the_last_replacement
                without_overlap_all_old_user_secrets_stop_at_once
                a_user_secret_that_is_replaced_counts_as_a_write_and_is_recorded
                a_user_secret_in_use_conflicts
                the_secret_of_an_unknown_owner_is_not_replaced
                replaced_secrets_go_with_their_user
                a_replaced_organization_secret_works_until_its_time_and_not_at_it
                an_organization_secret_that_is_replaced_counts_as_a_write_and_is_recorded
                an_organization_secret_in_use_conflicts
                replaced_secrets_are_forgotten_when_their_time_is_over
            }
            login_tokens {
                a_login_token_tells_who_is_calling
                a_login_token_is_good_until_its_time_and_not_at_it
                a_user_may_have_many_login_tokens
                what_is_no_login_token_authenticates_nobody_as_one
                a_new_password_ends_all_login_tokens_but_the_one_that_set_it
                deactivating_a_user_ends_its_login_tokens_for_good
                login_tokens_go_with_their_user
                an_inactive_account_suspends_login_tokens_until_it_is_active_again
                a_lock_does_not_keep_login_tokens_from_working
                expired_login_tokens_are_forgotten
            }
            logins {
                who_logs_in_is_found_by_email_whatever_its_case
                who_logs_in_is_shown_with_failures_lock_and_present_names
                who_is_inactive_is_shown_to_be_and_not_logged_in
                a_login_is_noted_and_forgets_the_wrong_passwords
                a_login_leaves_a_lock_as_it_is
                a_login_counts_as_a_write_on_another_day_alone
                a_login_keeps_a_better_hash_of_the_same_password
                an_unknown_user_is_not_logged_in
                former_passwords_are_remembered_the_newest_first
                no_more_former_passwords_are_kept_than_remembered
                who_had_no_password_has_no_former_one
                a_password_held_elsewhere_is_no_former_one
                a_password_held_elsewhere_is_kept_here_from_the_first_login_on
                former_passwords_go_with_their_user
                the_first_users_password_may_have_to_be_changed
                a_refused_login_leaves_nothing_and_is_forgotten_after_a_day
            }
            verified_passwords {
                who_has_another_password_by_now_is_not_logged_in
                who_has_no_password_is_not_logged_in
                what_was_right_for_another_password_changes_nothing
                no_login_outlives_a_new_password_by_a_better_hash
            }
            policies {
                the_default_is_in_force_until_a_policy_is_set
                a_policy_that_is_set_is_in_force
                the_extremes_of_a_policy_are_kept
                a_policy_that_is_changed_keeps_when_it_was_first_set
                an_organization_can_return_to_the_default_and_set_a_policy_again
                returning_to_the_default_works_without_a_policy_too
                a_policy_counts_as_a_write_of_the_organization
                setting_a_policy_of_another_revision_is_stale
                a_policy_records_the_fields_that_differ
                an_unknown_organization_has_no_policy
                for_how_long_passwords_are_good_counts_from_the_next_call_on
            }
            elements {
                an_element_is_found_by_its_id_and_by_its_key
                the_key_of_an_element_is_compared_exactly
                an_unknown_element_is_none
                what_the_first_instance_said_of_an_element_stays
                an_element_outlives_its_instances
                every_scope_covers_the_whole_catalog_of_its_organization
                filters_select_elements
                elements_come_in_the_order_asked_for
                elements_are_counted_no_further_than_asked
                elements_are_listed_page_by_page
            }
            replies {
                of_two_calls_under_one_key_one_is_the_first
                a_reply_that_is_kept_is_answered_as_it_was
                a_call_that_stopped_frees_its_key_after_a_while
                a_key_is_free_again_when_its_reply_is_kept_no_longer
                a_call_that_came_to_nothing_frees_its_key_at_once
                a_call_whose_key_another_one_took_over_neither_finishes_nor_frees_it
                a_late_call_whose_key_nobody_took_over_is_done
                who_was_erased_begins_no_call
                every_user_has_keys_of_its_own
                keys_whose_time_is_over_are_forgotten
                replies_go_with_their_user
            }
            instances_update {
                an_update_changes_everything_that_it_names
                an_update_leaves_everything_that_it_does_not_name
                what_is_updated_is_found_by_its_new_values
                updating_another_revision_is_stale
                an_update_of_an_unknown_instance_is_none
                an_update_is_recorded_without_secrets
                an_update_that_changes_nothing_leaves_no_record
                an_instance_shows_its_owner_as_the_owner_is_now
            }
            audit_chain {
                organizations_are_handed_out_in_order
                a_new_record_is_without_a_link
                links_and_the_head_are_kept_as_they_were_given
                links_are_handed_out_by_position
                nothing_is_linked_to_a_head_that_is_another_by_now
                a_head_can_be_signed_anew
                chains_of_several_organizations_do_not_mix
                records_whose_time_is_over_are_pruned
                what_is_linked_is_what_was_recorded
                one_of_many_who_link_at_once_wins
                what_is_written_meanwhile_is_linked_later
            }
            concurrency_platform {
                of_many_conditional_updates_one_wins_per_revision
                a_hundred_conditional_updates_of_one_revision_have_one_winner
                a_hundred_updates_of_different_fields_lose_none
                one_of_many_calls_under_one_key_is_the_first
                many_replacements_of_one_secret_leave_one_present
                logins_and_a_new_password_agree_on_the_tokens
                one_of_many_policies_for_one_revision_is_set
                many_configurations_of_one_instance_all_win
                one_of_many_who_seal_anew_wins
                one_of_many_who_replace_the_sentinel_wins
            }
            instances_configure {
                a_configuration_is_kept_in_the_order_given
                sealed_values_come_back_byte_for_byte
                entries_that_stay_keep_their_ids_and_new_ones_get_others
                entries_that_are_neither_set_nor_kept_go
                the_largest_instances_are_kept
                a_list_shows_every_instance_with_what_is_its_own
                an_erased_instance_takes_its_configuration_along
            }
            transfers {
                an_organization_that_moves_in_is_found_with_everything_it_brought
                an_organization_that_moves_in_is_recorded
                an_organization_without_a_policy_has_the_default
                what_moves_in_is_a_customers_organization
                with_numbers_assigned_everything_has_new_ones
                roles_that_do_not_come_along_are_as_every_organization_has_them
                roles_whose_numbers_are_in_use_get_others
                the_organization_of_a_secret_is_told_with_its_source
                a_transfer_is_found_by_its_source
                a_source_from_which_a_transfer_was_begun_conflicts
                numbers_and_secrets_of_an_organization_in_use_conflict
                an_organization_that_is_here_takes_in_what_is_of_the_default_account
                an_unknown_organization_takes_in_nothing
                other_organizations_see_nothing_of_what_moves_in
                numbers_of_two_sources_do_not_mix
            }
            transfers_write {
                what_moves_in_is_found_as_it_was_there
                old_secrets_go_on_authenticating
                passwords_move_in_with_their_history
                a_password_is_there_exactly_if_its_hash_is
                grants_that_move_in_count_at_the_next_call
                users_of_an_inactive_account_move_in
                creations_are_recorded_and_wait_for_their_links
                what_moved_in_is_changed_as_anything_else
            }
            transfers_compared {
                what_is_written_again_is_unchanged
                what_is_no_difference_is_none
                what_was_changed_here_differs_and_stays
                every_kind_of_thing_can_differ
                examining_writes_nothing_and_foresees_owners
                the_same_thing_twice_in_one_batch_is_created_once
                what_was_erased_here_is_created_again
                users_are_recognized_by_their_email
                nothing_but_users_is_recognized_by_email
            }
            transfers_numbers {
                an_element_is_registered_by_the_instance_that_names_it
                an_assigned_element_is_the_one_of_its_key
                entries_without_numbers_get_some
                numbers_given_out_later_are_beyond_those_kept
                a_large_batch_moves_in_at_once
            }
            transfers_refused {
                numbers_in_use_are_refused
                who_was_here_before_is_not_taken_for_another_of_the_same_number
                emails_in_use_are_refused_whatever_their_case
                external_ids_of_active_accounts_in_use_are_refused
                the_key_of_another_element_is_refused
                secrets_in_use_are_refused
                numbers_of_configuration_entries_in_use_are_refused
                what_belongs_to_nobody_here_is_refused
                a_missing_owner_is_the_last_reason
                an_instance_of_another_account_than_its_user_is_refused
                what_was_refused_moves_in_once_it_can
            }
            transfers_out {
                what_moved_in_moves_out_as_it_was
                an_organization_of_here_moves_out
                parts_are_read_page_by_page
                of_an_unknown_organization_there_is_nothing
            }
            called_instances {
                the_token_of_an_instance_is_told_to_whoever_may_call
                an_unknown_or_foreign_instance_authenticates_nobody
                a_disabled_instance_is_told_to_be_so
                an_instance_does_not_make_up_for_what_else_is_wrong
            }
            scopes {
                users_outside_are_not_found
                users_outside_are_neither_listed_nor_counted
                users_outside_are_not_found_by_any_filter
                users_outside_cannot_be_updated
                users_outside_cannot_be_erased
                roles_of_users_outside_can_neither_be_seen_nor_changed
                credentials_of_users_outside_can_neither_be_seen_nor_changed
                users_outside_cannot_be_logged_in
                former_passwords_of_users_outside_are_not_seen
                secrets_of_users_outside_cannot_be_replaced
                instances_outside_cannot_be_updated
                accounts_outside_are_not_seen
                instances_outside_can_neither_be_seen_nor_erased
                instances_of_others_do_not_connect_a_user
                audit_records_outside_are_not_seen
            }
            texts {
                the_longest_texts_are_kept
                pages_continue_behind_the_longest_texts
                texts_that_look_like_sql_are_kept
                white_space_and_composed_characters_are_kept
                characters_beyond_the_basic_plane_are_ordered_by_code_point
                random_texts_are_kept_everywhere
            }
            paging {
                a_page_has_as_many_rows_as_asked_for
                a_page_tells_no_wrong_total
                an_empty_list_is_one_empty_page
                tokens_lead_through_every_order_without_gap_or_repetition
                tokens_lead_through_orders_by_several_fields
                offsets_and_tokens_lead_to_the_same_pages
                tokens_lead_through_a_filtered_list
                accounts_and_instances_are_paged_too
                a_token_of_another_list_is_refused
                a_damaged_token_is_refused
                every_list_refuses_a_damaged_token
                a_token_survives_the_row_that_it_came_from
                a_clock_that_is_set_back_hides_and_repeats_nobody
            }
            concurrency {
                updates_of_different_fields_all_win
                one_of_many_updates_of_one_revision_wins
                one_of_many_users_with_one_email_is_created
                many_users_are_created_at_once
                two_last_administrators_cannot_erase_each_other
                the_last_administrators_cannot_all_go_at_once
                one_of_many_system_organizations_is_created
                everybody_learns_the_one_recorded_sentinel
                no_wrong_password_goes_uncounted
                one_of_many_locks_locks
                one_of_many_grants_of_one_role_is_made
                one_element_is_registered_by_many_instances
                one_of_many_accounts_with_one_external_id_is_created
                updates_and_an_erasure_leave_nothing_behind
            }
            properties {
                lists_of_users_are_those_of_the_reference
                lists_of_instances_are_those_of_the_reference
                long_filters_of_what_users_have_select_what_the_reference_does
                long_filters_of_tags_select_what_the_reference_does
                lists_of_accounts_are_those_of_the_reference
                lists_of_elements_are_those_of_the_reference
                lists_of_audit_records_are_those_of_the_reference
                pages_of_a_changing_list_lose_and_repeat_nothing
                pages_lose_and_repeat_nothing_while_others_write
            }
        }
    };
}

/// The tests of the cases that are listed, in a scope that has `fresh_store_for_a_case`.
#[doc(hidden)]
#[macro_export]
macro_rules! repository_tests {
    ($($subject:ident { $($case:ident)* })*) => {
        /// Every case, as `subject::case`.
        const CASES: &[&str] = &[$($(concat!(stringify!($subject), "::", stringify!($case)),)*)*];

        #[test]
        fn the_profile_is_of_this_suite() {
            PROFILE_OF_THE_ADAPTER.check(CASES);
        }

        $(
            mod $subject {
                $(
                    #[test]
                    fn $case() {
                        let name = concat!(stringify!($subject), "::", stringify!($case));
                        super::PROFILE_OF_THE_ADAPTER.run(name, async {
                            let fresh = super::fresh_store_for_a_case().await;
                            $crate::cases::$subject::$case(fresh).await;
                        });
                    }
                )*
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    /// A case that nobody listed would never run.
    #[test]
    fn every_case_is_listed() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases");
        let mut written = BTreeSet::new();
        for file in fs::read_dir(sources).unwrap() {
            let path = file.unwrap().path();
            let subject = path.file_stem().unwrap().to_str().unwrap().to_owned();
            for line in fs::read_to_string(&path).unwrap().lines() {
                let name = line
                    .strip_prefix("pub async fn ")
                    .and_then(|rest| rest.split_once('('));
                if let Some((name, _)) = name {
                    written.insert(format!("{subject}::{name}"));
                }
            }
        }
        let mut listed = BTreeSet::new();
        let mut subject = "";
        for line in include_str!("suite.rs").lines().map(str::trim) {
            match line.strip_suffix(" {") {
                Some(word) => subject = word,
                None => listed.extend(Some(format!("{subject}::{line}"))),
            }
        }
        let missing: Vec<_> = written.difference(&listed).collect();
        assert_eq!(missing, [""; 0]);
        assert!(written.len() > 150);
    }
}
