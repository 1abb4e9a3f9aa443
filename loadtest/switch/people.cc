#include "loadtest/switch/people.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace shoujie::loadtest {
namespace {

const std::vector<std::string> kSurnames = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴",
                                            "徐", "孙", "朱", "林", "郭", "罗", "高", "梁", "唐", "欧阳"};
const std::vector<std::string> kGiven = {"伟",   "芳",   "秀兰", "志明", "丽",   "建国", "晓燕", "海涛", "静",   "国强",
                                         "玉梅", "浩然", "雨桐", "子轩", "桂英", "俊杰", "婷",   "春生", "思敏", "明"};
const std::vector<std::string> kRegions = {"浙江省杭州市西湖区",       "浙江省杭州市余杭区", "新疆乌鲁木齐市天山区",
                                           "新疆乌鲁木齐市沙依巴克区", "江苏省苏州市吴中区", "广东省广州市天河区"};
const std::vector<std::string> kStreets = {"文一路", "古墩路", "人民路", "解放南路", "友好北路", "中山大道"};

const std::vector<Matter> kFaults = {
    {"门锁昨晚开始无法联网，手机上显示离线。", "设备离线，指示灯红色慢闪", "昨天晚上", "一直如此",
     "重启过路由器，换过电池", "请长按设置键五秒重新配网，现在已恢复。", "已远程升级固件并重新配网，客户确认正常。"},
    {"净水器不出水，机器有嗡嗡声。", "按出水键无水，电机有声", "今天早上", "每次都这样", "关水阀重开，拔插电源",
     "滤芯锁止未到位，指导客户重新安装后正常。", "更换增压泵，试机半小时正常。"},
    {"扫地机器人走到一半就回充，地没扫完。", "清扫十分钟后自动回充", "三天前", "几乎每次", "清理过滚刷，重建过地图",
     "请在应用中关闭“低电量提前回充”，已生效。", "更换电池组，连续清扫九十分钟正常。"},
    {"空调制冷效果差，温度降不下来。", "设定二十度，室温仍二十八度", "一周左右", "下午更明显", "清洗过滤网",
     "外机散热口被遮挡，客户移开后恢复。", "补充制冷剂并检漏，出风口温度正常。"},
    {"智能灯泡会自己闪烁。", "每隔几分钟闪一下", "换了开关以后", "一天十几次", "换过灯座，恢复过出厂设置",
     "调光开关与灯泡不匹配，请换用普通开关。", "更换新批次灯泡，客户观察两天无闪烁。"},
};
const std::vector<Matter> kComplaints = {
    {"下单八天还没有收到货，物流信息三天没更新。", "", "", "", "", "包裹已到本地网点，今天派送。",
     "联系承运商找回包裹并送达，另补偿运费券。"},
    {"收到的锅内胆有划痕，外箱也是破的。", "", "", "", "", "已为您登记换新，旧件由快递上门取回。",
     "仓库核实出库照片后换新，旧件已收回。"},
    {"页面写着带支架，收到的没有支架。", "", "", "", "", "支架需在订单中勾选，已为您补寄。",
     "补寄支架，商品页面描述已更正。"},
    {"退货的邮费让我自己出，说好包邮的。", "", "", "", "", "邮费由我们承担，凭运单号即可报销。",
     "邮费已退回原支付账户。"},
};
const std::vector<Matter> kEnquiries = {
    {"想问一下网关能带多少个设备。", "", "", "", "", "GW-2 最多可接入一百二十八个子设备。",
     "已书面答复接入上限和扩展方案。"},
    {"电饭煲的预约功能怎么设置？", "", "", "", "", "长按预约键选择时间后按开始即可。", "已发送图文说明。"},
    {"订单什么时候能发货？", "", "", "", "", "今天下午四点前出库。", "订单已出库，单号已告知客户。"},
    {"门锁的保修期是多长？", "", "", "", "", "整机保修三年，电池一年。", "已核对购买日期并答复在保。"},
};
const std::vector<Matter> kOthers = {
    {"建议在应用里加一个老人模式，字大一点。", "", "", "", "", "已记录并转产品部门，谢谢您的建议。",
     "已列入下一版本计划。"},
    {"上次那位师傅服务特别好，想表扬一下。", "", "", "", "", "谢谢您，我们会转达并记入表扬。",
     "表扬已转达本人和班组。"},
};

}  // namespace

std::vector<Person> MakePeople(size_t count, Random* random) {
  std::vector<Person> people;
  for (size_t i = 0; i < count; ++i) {
    Person person;
    person.phone = absl::StrFormat("+8619%d%08d", random->Between(0, 9), random->Below(100'000'000));
    const std::string surname = random->Pick(kSurnames);
    person.name = surname + random->Pick(kGiven);
    person.form_of_address = surname + (random->Percent(50) ? "女士" : "先生");
    person.email = absl::StrCat("caller", i, "@example.com");
    person.region = random->Pick(kRegions);
    person.street = absl::StrCat(random->Pick(kStreets), random->Between(1, 380), "号");
    person.room = absl::StrCat(random->Between(1, 18), "0", random->Between(1, 4), "室");
    person.vip = random->Percent(6);
    people.push_back(std::move(person));
  }
  return people;
}

const Matter& MatterOf(const std::string& category, Random* random) {
  if (absl::StartsWith(category, "fault")) return random->Pick(kFaults);
  if (absl::StartsWith(category, "complaint")) return random->Pick(kComplaints);
  if (absl::StartsWith(category, "enquiry")) return random->Pick(kEnquiries);
  return random->Pick(kOthers);
}

}  // namespace shoujie::loadtest
