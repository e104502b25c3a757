// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config/config.h"
#include "gateway/config/option.h"

namespace msggw::config {

inline constexpr base::Duration kMillisecond{1};
inline constexpr base::Duration kSecond{1'000};
inline constexpr base::Duration kMinute{60'000};
inline constexpr base::Duration kHour{3'600'000};

/// Every option there is, pointing into `config`, which must stay in place as long as the table is
/// used.
OptionTable options_of(Config& config);

// The parts of it, one for each file.
void declare_gateway(OptionTable& table, Config& config);
void declare_adapters(OptionTable& table, Config& config);
void declare_sms(OptionTable& table, Config& config);
void declare_provisioning(OptionTable& table, Config& config);
void declare_function(OptionTable& table, Config& config);

/// The options of one SMSC, for the section named last: they stand in [sms] and in each [[smsc]].
void declare_smsc(OptionTable& table, sms::SmscOptions& smsc);

}  // namespace msggw::config
