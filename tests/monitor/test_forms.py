"""Forms of publishers and agencies, two or more of each kind: what goes in without a question, and what is asked."""

from __future__ import annotations

import gzip
import json
import math
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kladsim.core.errors import InputError
from kladsim.monitor import intake
from kladsim.monitor.periods import to_period
from kladsim.monitor.problems import get_errors
from kladsim.monitor.questions import list_questions
from kladsim.monitor.recipes import IntakeOptions, Profile, format_recipe, list_profiles, read_recipe
from kladsim.monitor.rows import Log
from kladsim.monitor.sheets import detect_delimiter, detect_encoding

TODAY = date(2026, 11, 30)
INF = math.inf
Bounds = dict[tuple[str, str], tuple[float, float]]
pytestmark = pytest.mark.usefixtures("own_folder")


def _read(tmp_path: Path, content: str | bytes, name: str = "file.csv", encoding: str = "utf-8", **options: Any) -> tuple[Bounds, Log, set[str]]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return _check(path, **options)


def _check(path: Path, **options: Any) -> tuple[Bounds, Log, set[str]]:
    rows, log = intake.check(path, IntakeOptions(**options), today=TODAY)
    assert log.balanced
    return {(row.series, to_period(row.step, row.freq)): row.bounds for row in rows}, log, {row.unit for row in rows}


def _ask(tmp_path: Path, content: str, **options: Any) -> set[str]:
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        intake.check(path, IntakeOptions(**options), today=TODAY)
    return {one.about for one in list_questions(get_errors(caught.value))}


def _book(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


# -- profiles ---------------------------------------------------------------------------------------------------------

EUDA_LONG = """year,metabolite,SiteID,country,city,Wednesday,Saturday,Weekday mean,Weekend mean,Daily mean
2023,ketamine,AT001,AT,Graz,1,2,2.0,4.0,3.1
2024,THC-COOH,AT001,AT,Graz,1,2,2.0,4.0,<LOQ
"""
EUDA_WIDE = """Metabolite,SiteID,Country,City,2023,2024,2025
BE,LV001,Latvia,Riga,61.2,..,70
MDMA,LV001,Latvia,Riga,:,14.5,<2.5
"""
ESTAT_TSV = (
    "freq,iccs,unit,geo\\TIME_PERIOD\t2019 \t2020 \t2021 \n"
    "A,ICCS0601,NR,LV\t1234 \t: \t1500 e\nA,ICCS0601,NR,EU27_2020\t: c\t2 \t3 p\nA,ICCS0601,NR,AT13\t5 \t6 \t: z\n"
)
ESTAT_OLD = "unit,iccs,geo\\time\t2016 \t2015 \nNR,ICCS0601,UK\t100 \t90 b\nNR,ICCS0601,XK\t10 \t: \n"
SDMX = (
    "DATAFLOW,LAST UPDATE,freq,iccs,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
    "ESTAT:CRIM(1.0),24/04/25 23:00:00,A,ICCS0601,NR,LV,2020,1400,\nESTAT:CRIM(1.0),24/04/25 23:00:00,A,ICCS0601,NR,XK,2021,,c\n"
)
SDMX_LABELS = (
    "STRUCTURE,STRUCTURE_ID,freq: Frequency,crime: Crime,unit: Unit,geo: Geo,TIME_PERIOD: Time,OBS_VALUE: Value,OBS_FLAG: Flag\n"
    "dataflow,X,M: Monthly,DRG: Drug offences,NR: Number,EE: Estonia,2020-03,14,p\n"
)
WORLD_BANK = (
    '"Data Source","World Development Indicators",\n\n"Last Updated Date","2025-07-01",\n\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2019","2020",\n'
    '"Kosovo","XKX","Homicides (per 100,000 people)","VC","1.6","",\n"Arab World","ARB","Homicides (per 100,000 people)","VC","2","..",\n'
)
DATABANK = (
    "Country Name,Country Code,Series Name,Series Code,2019 [YR2019],2020 [YR2020]\n"
    'Georgia,GEO,"Unemployment, total (% of total labor force)",SL,11.6,..\n,,,,,\nData from database: World Development Indicators,,,,,\n'
)
DATAUNODC = (
    "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,VALUE,Source\n"
    "LVA,Latvia,Europe,Northern Europe,Persons arrested,by type,Drug trafficking,Total,Total,2020,Counts,345,CTS\n"
    "LVA,Latvia,Europe,Northern Europe,Persons arrested,by type,Drug trafficking,Female,Total,2020,Counts,45,CTS\n"
)
SEIZURES = (
    "Region,Subregion,Country,Drug group,Drug,Year,Kilograms\nEurope,Eastern Europe,Russian Federation,ATS,Mephedrone,2021,\"1,234.5\"\n"
    "Europe,Eastern Europe,Republic of Moldova,ATS,Mephedrone,2021,12\n"
)
VSRR = (
    "State,Year,Month,Period,Indicator,Data Value,Percent Complete,Percent Pending Investigation,State Name,Footnote,Footnote Symbol,Predicted Value\n"
    'AK,2023,April,12 month-ending,Number of Deaths,"4,133",100,0.0,Alaska,Numbers may differ,,\n'
    "AK,2023,May,12 month-ending,Cocaine (T40.5),,100,0,Alaska,Suppressed,*,\nUS,2023,May,12 month-ending,Percent with drugs specified,88.1,100,0,United States,,,88\n"
)
WONDER = (
    '"Notes"\t"State"\t"State Code"\t"Year"\t"Year Code"\tDeaths\tPopulation\tCrude Rate\n'
    '\t"Alaska"\t"02"\t"2019"\t"2019"\t132\t731545\t18.0\n\t"Alaska"\t"02"\t"2020"\t"2020"\tSuppressed\t731158\tUnreliable\n'
    '"Total"\t"Alaska"\t"02"\t\t\t292\t1462703\t20.0\n"---"\n"Dataset: Multiple Cause of Death"\n'
)
WONDER_MONTHS = (
    '"Notes"\t"Month"\t"Month Code"\t"MCD - Drug/Alcohol Induced"\t"MCD - Drug/Alcohol Induced Code"\tDeaths\tPopulation\tCrude Rate\n'
    '\t"Jan., 2019"\t"2019/01"\t"Drug poisonings"\t"D"\t6000\tNot Applicable\tNot Applicable\n'
)
KOSIS = '구분,2019,2020\n대마,"1,235","1,302"\n합계,"5,537",-\n'
KOSIS_TITLE = "마약류 범죄 현황 (단위: 명),,\n구분,2019년,2020년\n대마,12,13\n"
KOSIS_ITEMS = '범죄별(1),항목,단위,2019 년,2020 년\n마약,발생건수,건,"1,235","1,302"\n'
DRUGS = "unlawful acts involving controlled drugs"


@pytest.mark.parametrize(
    ("content", "encoding", "expected", "units"),
    [
        (EUDA_LONG, "utf-8", {("wastewater/AT/Graz/ketamine", "2023"): (3.1, 3.1), ("wastewater/AT/Graz/cannabis", "2024"): (0, INF)}, {"mg per 1,000 people per day"}),
        (EUDA_WIDE, "utf-16", {("wastewater/LV/Riga/cocaine", "2023"): (61.2, 61.2), ("wastewater/LV/Riga/cocaine", "2024"): (0, INF),
                               ("wastewater/LV/Riga/cocaine", "2025"): (70, 70), ("wastewater/LV/Riga/MDMA", "2024"): (14.5, 14.5),
                               ("wastewater/LV/Riga/MDMA", "2025"): (0, 2.5)}, {"mg per 1,000 people per day"}),
        ("Country\tCity\tSite ID\tYear\tAmphetamine\tCocaine\tMDMA\nBelgium\tAntwerp Zuid\tBE001\t2025\t510\t<LOQ\t91\n", "utf-8",
         {("wastewater/BE/Antwerp Zuid/amphetamine", "2025"): (510, 510), ("wastewater/BE/Antwerp Zuid/cocaine", "2025"): (0, INF),
          ("wastewater/BE/Antwerp Zuid/MDMA", "2025"): (91, 91)}, {"mg per 1,000 people per day"}),
        ("freq,leg_case,unit,geo\\TIME_PERIOD\t2024-01 \t2024-02 \nM,PER_SUSP,P_HTHAB,LT\t12.5 \t: \nM,PER_SUSP,P_HTHAB,EA20\t10.1 \t11.2 p\n", "utf-8",
         {("own/LTU/PER_SUSP", "2024-01"): (12.5, 12.5), ("own/EA20/PER_SUSP", "2024-01"): (10.1, 10.1), ("own/EA20/PER_SUSP", "2024-02"): (11.2, 11.2)}, {"per 100,000"}),
        ("Таблица 2. Изъятия мефедрона в Казахстане\n\nПериод;Случаи;Количество, кг\nянв.2024;4;12,1\nфев.2024;5;<5\nИтого;9;12,1\n", "cp1251",
         {("own/KAZ/Изъятия мефедрона в Казахстане, Случаи", "2024-01"): (4, 4), ("own/KAZ/Изъятия мефедрона в Казахстане, Случаи", "2024-02"): (5, 5),
          ("own/KAZ/Изъятия мефедрона в Казахстане, Количество", "2024-01"): (12.1, 12.1), ("own/KAZ/Изъятия мефедрона в Казахстане, Количество", "2024-02"): (0, 5)}, {"случаи", "кг"}),
        (ESTAT_TSV, "utf-8", {(f"own/LVA/{DRUGS}", "2019"): (1234, 1234), (f"own/LVA/{DRUGS}", "2021"): (1500, 1500),
                              (f"own/EU27_2020/{DRUGS}", "2019"): (0, INF), (f"own/EU27_2020/{DRUGS}", "2020"): (2, 2), (f"own/EU27_2020/{DRUGS}", "2021"): (3, 3),
                              (f"own/AUT/AT13/{DRUGS}", "2019"): (5, 5), (f"own/AUT/AT13/{DRUGS}", "2020"): (6, 6)}, {"number"}),
        (ESTAT_OLD, "utf-8", {(f"own/GBR/{DRUGS}", "2016"): (100, 100), (f"own/GBR/{DRUGS}", "2015"): (90, 90), (f"own/XKX/{DRUGS}", "2016"): (10, 10)}, {"number"}),
        (SDMX, "utf-8", {(f"own/LVA/{DRUGS}", "2020"): (1400, 1400), (f"own/XKX/{DRUGS}", "2021"): (0, INF)}, {"number"}),
        (SDMX_LABELS, "utf-8-sig", {("own/EST/Drug offences", "2020-03"): (14, 14)}, {"number"}),
        (WORLD_BANK, "utf-8-sig", {("own/XKX/Homicides (per 100,000 people)", "2019"): (1.6, 1.6), ("own/ARB/Homicides (per 100,000 people)", "2019"): (2, 2)}, {"per 100,000"}),
        (DATABANK, "utf-8", {("own/GEO/Unemployment, total (% of total labor force)", "2019"): (11.6, 11.6)}, {"%"}),
        (DATAUNODC, "utf-8", {("own/LVA/Persons arrested, Drug trafficking", "2020"): (345, 345), ("own/LVA/Persons arrested, Drug trafficking, Female", "2020"): (45, 45)}, {"Counts"}),
        (SEIZURES, "utf-8", {("own/RUS/Mephedrone", "2021"): (1234.5, 1234.5), ("own/MDA/Mephedrone", "2021"): (12, 12)}, {"kg"}),
        (VSRR, "utf-8", {("own/USA/Alaska/Number of Deaths", "2023-04"): (4133, 4133), ("own/USA/Alaska/Cocaine (T40.5)", "2023-05"): (1, 9),
                         ("own/USA/Percent with drugs specified", "2023-05"): (88.1, 88.1)}, {"deaths in 12 months", "%"}),
        (WONDER, "utf-8", {("own/USA/Alaska/deaths", "2019"): (132, 132), ("own/USA/Alaska/deaths", "2020"): (0, 9)}, {"persons"}),
        (WONDER_MONTHS, "utf-8", {("own/USA/deaths, Drug poisonings", "2019-01"): (6000, 6000)}, {"persons"}),
        (KOSIS, "cp949", {("own/KOR/대마", "2019"): (1235, 1235), ("own/KOR/대마", "2020"): (1302, 1302), ("own/KOR/합계", "2019"): (5537, 5537)}, {"number"}),
        (KOSIS_TITLE, "utf-8-sig", {("own/KOR/대마", "2019"): (12, 12), ("own/KOR/대마", "2020"): (13, 13)}, {"명"}),
        (KOSIS_ITEMS, "cp949", {("own/KOR/마약, 발생건수", "2019"): (1235, 1235), ("own/KOR/마약, 발생건수", "2020"): (1302, 1302)}, {"건"}),
    ],
)  # fmt: skip
def test_a_publisher_s_form_needs_no_question(tmp_path: Path, content: str, encoding: str, expected: Bounds, units: set[str]) -> None:
    found, _, found_units = _read(tmp_path, content, encoding=encoding)
    assert found == expected and found_units == units


def test_profiles_are_valid_and_a_new_one_is_a_file() -> None:
    profiles = list_profiles()
    assert {"euda_wastewater", "eurostat_tsv", "sdmx_csv", "world_bank", "unodc", "cdc_vsrr", "cdc_wonder", "kosis"} <= {one.name for one in profiles}
    assert all(one.title and (one.all_of or one.one_of) for one in profiles)
    with pytest.raises(ValueError, match="colums"):
        Profile(name="x", title="x", colums={})  # type: ignore[call-arg]


# -- languages, scripts, delimiters, encodings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "encoding", "series", "period", "bounds"),
    [
        ("Land;Stadt;Substanz;Einheit;Datum;Anzahl\nDeutschland;Köln;Kokain;Fälle;März 2021;1.234,5\n", "cp1252", "own/DEU/Köln/Kokain", "2021-03", (1234.5, 1234.5)),
        ("Land;Ort;Kennzahl;Einheit;Quartal;Jahr;Wert\nÖsterreich;Linz;Fälle;Fälle;2;2021;weniger als 5\n", "utf-8", "own/AUT/Linz/Fälle", "2021-Q2", (0, 5)),
        ("Pays\tVille\tIndicateur\tUnité\tTrimestre\tAnnée\tNombre\nFrance\tLyon\tdécès\tcas\tT1\t2021\t1 234\n", "latin-1", "own/FRA/Lyon/décès", "2021-Q1", (1234, 1234)),
        ("País,Ciudad,Indicador,Unidad,Fecha,Valor\nEspaña,Málaga,incautaciones,kg,enero de 2021,\"1.234,5\"\n", "cp1252", "own/ESP/Málaga/incautaciones", "2021-01", (1234.5, 1234.5)),
        ("Kraj;Miasto;Wskaźnik;Jednostka;Okres;Wartość\nPolska;Łódź;zgony;osoby;styczeń 2021;12\n", "cp1250", "own/POL/Łódź/zgony", "2021-01", (12, 12)),
        ("Valsts,Pilsēta,Rādītājs,Mērvienība,Periods,Vērtība\nLatvija,Daugavpils,zvani,gadījumi,2021. gada janvāris,12\n", "cp1257", "own/LVA/Daugavpils/zvani", "2021-01", (12, 12)),
        ("Χώρα;Πόλη;Δείκτης;Μονάδα;Περίοδος;Τιμή\nΕλλάδα;Λάρισα;κατασχέσεις;kg;2021-Q1;12,5\n", "cp1253", "own/GRC/Λάρισα/κατασχέσεις", "2021-Q1", (12.5, 12.5)),
        ("Ülke;Şehir;Gösterge;Birim;Tarih;Değer\nTürkiye;Trabzon;ölümler;kişi;Ocak 2021;12\n", "cp1254", "own/TUR/Trabzon/ölümler", "2021-01", (12, 12)),
        ("Страна|Регион|Показатель|Единица|Месяц|Год|Значение\nРоссия|Татарстан|смерти|чел.|январь|2021|<5\n", "koi8-r", "own/RUS/Татарстан/смерти", "2021-01", (0, 5)),
        ("Страна;Город;Показатель;Единица;Неделя;Значение\nКазахстан;Шымкент;вызовы;вызовов;5 нед. 2024;менее 10\n", "cp866", "own/KAZ/Шымкент/вызовы", "2024-W05", (0, 10)),
        ("Країна\tМісто\tПоказник\tОдиниця\tПеріод\tЗначення\nУкраїна\tХарків\tвиклики\tштук\tсічень 2021\t12\n", "utf-16", "own/UKR/Харків/виклики", "2021-01", (12, 12)),
        ("国,都市,指標,単位,期間,値\n日本,大阪,覚醒剤押収,kg,2021年3月,5未満\n", "shift_jis", "own/JPN/大阪/覚醒剤押収", "2021-03", (0, 5)),
        ("国家,城市,指标,单位,日期,数值\n中国,上海,案件,件,2021年,12\n", "gb18030", "own/CHN/上海/案件", "2021", (12, 12)),
        ("국가,도시,지표,단위,기간,값\n대한민국,부산,검거,명,2021년 3월,5 미만\n", "cp949", "own/KOR/부산/검거", "2021-03", (0, 5)),
        ("البلد,المدينة,المؤشر,الوحدة,الفترة,القيمة\nالأردن,إربد,حالات,حالات,٢٠٢١,١٢٣\n", "utf-8", "own/JOR/إربد/حالات", "2021", (123, 123)),
        ("ქვეყანა;ქალაქი;მაჩვენებელი;ერთეული;პერიოდი;მნიშვნელობა\nსაქართველო;ბათუმი;ზარები;ზარი;2021 იანვარი;12\n", "utf-8", "own/GEO/ბათუმი/ზარები", "2021-01", (12, 12)),
        ("country^place^indicator^unit^period^value\nLV^Liepaja^calls^calls^2021^5\n", "utf-32", "own/LVA/Liepaja/calls", "2021", (5, 5)),
        ("sep=|\ncountry|place|indicator|unit|period|value\nLV|Liepaja|calls|calls|Dec-2021|5\n", "utf-8-sig", "own/LVA/Liepaja/calls", "2021-12", (5, 5)),
    ],
)  # fmt: skip
def test_languages_scripts_delimiters_and_encodings(tmp_path: Path, content: str, encoding: str, series: str, period: str, bounds: tuple[float, float]) -> None:
    found, _, _ = _read(tmp_path, content, encoding=encoding)
    assert found == {(series, period): bounds}


def test_delimiters_and_encodings_are_told_from_the_text() -> None:
    for sign in ",;\t|^~¦":
        assert detect_delimiter(f"a{sign}b{sign}c\n1{sign}2{sign}3\n") == sign
    assert detect_delimiter("a;b;c\n1,5;2,5;3\n1,5;2,5;4\n") == ";"
    assert detect_encoding("a,b\nё,1\n".encode("koi8-r")) == ""  # two bytes tell nothing


# -- layouts ----------------------------------------------------------------------------------------------------------


def test_a_workbook_with_a_title_typed_cells_a_sum_and_a_note(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Table 7. Drug deaths in Estonia"], [], ["Year", "County", "Cause", "Deaths"], [2020, "Harju", "opioids", 12],
                                [2021, "Harju", "opioids", "<5"], ["Total", None, None, 15], ["Source: register of deaths"]]  # fmt: skip
    found, log, units = _check(_book(tmp_path / "a.xlsx", Data=rows, Notes=[["About this table"]]))
    assert found == {("own/EST/Harju/opioids, Deaths", "2020"): (12, 12), ("own/EST/Harju/opioids, Deaths", "2021"): (0, 5)} and units == {"deaths"}
    assert log.left_out == 1 and any("a note below the table" in entry for entry in log.entries)


def test_sheets_are_asked_about_and_chosen(tmp_path: Path) -> None:
    head = ["country", "indicator", "unit", "period", "value"]
    path = _book(tmp_path / "two.xlsx", **{str(year): [head, ["LV", "visits", "visits", date(year, 1, 1), year - 2000.5]] for year in (2020, 2021)})
    with pytest.raises(InputError, match="which of its sheets") as caught:
        _check(path)
    assert list_questions([caught.value])[0].choices == ("2020", "2021")
    assert _check(path, sheet="2021")[0] == {("own/LVA/visits", "2021-01-01"): (20.5, 20.5)} == _check(path, sheet="2")[0]
    with pytest.raises(InputError, match="no such sheet") as missing:
        _check(path, sheet="2022")
    assert missing.value.suggestion in ("2020", "2021")


def test_a_sheet_of_libreoffice(tmp_path: Path) -> None:
    """A number is typed, a bound is text; the title names the country."""
    texts = [["Drug deaths in Estonia"], ["Year", "County", "Deaths"], [2020, "Harju", 12.5], [2021, "Harju", "<5"]]
    cells = {str: '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'}
    number = '<table:table-cell office:value-type="float" office:value="{0}"><text:p>{0}</text:p></table:table-cell>'
    rows = "".join("<table:table-row>" + "".join(cells.get(type(cell), number).format(str(cell).replace("<", "&lt;")) for cell in row) + "</table:table-row>" for row in texts)
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    sheet = f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="Data">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
        archive.writestr("content.xml", sheet)
    found, _, _ = _check(tmp_path / "a.ods")
    series = "own/EST/Harju/Drug deaths in Estonia, Deaths"
    assert found == {(series, "2020"): (12.5, 12.5), (series, "2021"): (0, 5)}


def test_headers_on_two_levels(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Region", 2020, None, 2021, None], [None, "Cases", "Persons", "Cases", "Persons"], ["Vidzeme", 1, 2, 3, "1-4"]):
        sheet.append(row)
    for cells in ("A1:A2", "B1:C1", "D1:E1"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "levels.xlsx")
    found, _, units = _check(tmp_path / "levels.xlsx", constants={"country": "LV"})
    place = "own/LVA/Vidzeme"
    assert found == {(f"{place}/Cases", "2020"): (1, 1), (f"{place}/Persons", "2020"): (2, 2), (f"{place}/Cases", "2021"): (3, 3), (f"{place}/Persons", "2021"): (1, 4)}
    assert {unit.lower() for unit in units} == {"cases", "persons"}


def test_months_and_quarters_in_columns(tmp_path: Path) -> None:
    found, log, _ = _read(tmp_path, "Country,City,Indicator,Unit,Year,Jan,Feb,Mar,Total\nLV,Riga,visits,visits,2021,1,2,<5,8\n")
    assert found == {("own/LVA/Riga/visits", "2021-01"): (1, 1), ("own/LVA/Riga/visits", "2021-02"): (2, 2), ("own/LVA/Riga/visits", "2021-03"): (0, 5)}
    assert any("'Total' is a sum over periods: left out" in entry for entry in log.entries)
    found, _, _ = _read(tmp_path, "country;indicator;unit;2021 Q1;2021Q2;Q3 2021\nLV;visits;visits;1,5;2,5;3\n")
    assert list(found.values()) == [(1.5, 1.5), (2.5, 2.5), (3, 3)] and [period for _, period in found] == ["2021-Q1", "2021-Q2", "2021-Q3"]


def test_measures_in_columns(tmp_path: Path) -> None:
    found, _, units = _read(tmp_path, "Country,Year,Deaths,Arrests,Seizures (kg)\nLatvia,2020,12,100,1.5\nLatvia,2021,..,110,2.5\n")
    assert found["own/LVA/Deaths", "2021"] == (0, INF) and found["own/LVA/Seizures", "2020"] == (1.5, 1.5) and units == {"deaths", "arrests", "kg"}


def test_a_column_of_cities_is_the_place_whatever_its_header(tmp_path: Path) -> None:
    text = "When;Where;Seizures\n2021;Казань;1\n2021;Омск;2\n"
    found, _, _ = _read(tmp_path, text, constants={"country": "RU"}, columns={"When": "period"})
    assert found == {("own/RUS/Казань/Seizures", "2021"): (1, 1), ("own/RUS/Омск/Seizures", "2021"): (2, 2)}


def test_weeks_of_the_cdc(tmp_path: Path) -> None:
    """Week 53 of 2020 is 27 December to 2 January, week 1 of 2021 is 3 to 9 January."""
    found, log, _ = _read(tmp_path, "State,MMWR Year,MMWR Week,Overdoses\nOhio,2020,53,12\nOhio,2021,1,13\n", constants={"country": "US"})
    assert [period for _, period in found] == ["2020-W53", "2021-W01"] and any("begin on Sunday" in entry for entry in log.entries)


def test_json_in_its_shapes(tmp_path: Path) -> None:
    record = {"country": "LV", "place": "Riga", "indicator": "visits", "unit": "visits", "period": "2024-W05", "value": 5}
    expected = {("own/LVA/Riga/visits", "2024-W05"): (5.0, 5.0)}
    columns = {key: [value] for key, value in record.items()}
    table = {"columns": list(record), "data": [list(record.values())]}
    for whole in ([record], {"data": [record]}, {"meta": {"n": 1}, "result": {"rows": [record]}}, columns, table, [list(record), list(record.values())], [{"n": 1}, [record]]):
        assert _read(tmp_path, json.dumps(whole), "a.json")[0] == expected, whole
    lines = "\n".join(json.dumps({**record, "value": value}) for value in ("<5",)) + "\n" + json.dumps({**record, "period": "2024-W06"}) + "\n"
    assert _read(tmp_path, lines, "a.jsonl")[0] == {("own/LVA/Riga/visits", "2024-W05"): (0, 5), ("own/LVA/Riga/visits", "2024-W06"): (5, 5)}
    categories = {"freq": {"index": {"A": 0}}, "crime": {"label": {"D": "drugs"}}, "unit": {"index": ["NR"]}, "geo": {"index": {"LV": 0, "EE": 1}}, "time": {"index": {"2020": 0, "2021": 1}}}
    cube = {"id": list(categories), "size": [1, 1, 1, 2, 2], "dimension": {name: {"category": one} for name, one in categories.items()}, "value": {"0": 1, "1": 2, "3": 4}, "status": {"2": "c"}}
    assert _read(tmp_path, json.dumps(cube), "a.json")[0] == {("own/LVA/D", "2020"): (1, 1), ("own/LVA/D", "2021"): (2, 2), ("own/EST/D", "2020"): (0, INF), ("own/EST/D", "2021"): (4, 4)}


def test_packed_files(tmp_path: Path) -> None:
    text = b"country,place,indicator,unit,period,value\nLV,Riga,visits,visits,2021,5\n"
    assert len(_read(tmp_path, gzip.compress(text), "a.csv.gz")[0]) == 1
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("Metadata_Country.csv", "x,y\n1,2\n")
    assert len(_check(tmp_path / "a.zip")[0]) == 1


# -- questions, recipes -------------------------------------------------------------------------------------------------


def test_what_is_not_decided_is_asked_all_at_once(tmp_path: Path) -> None:
    assert _ask(tmp_path, "date;amount\n2021-01;12\n") == {"country", "indicator", "unit"}
    assert _ask(tmp_path, "country,indicator,unit,period,value\nLV,visits,visits,03/04/2021,\"1,234\"\n") == {"order", "decimal"}
    head, rows = "country,indicator,unit,period,value,ward\n", "LV,visits,visits,2020,5,A\nLV,visits,visits,2020,7,B\n"
    assert _ask(tmp_path, head + rows) == {"indicator"}
    found, _, _ = _read(tmp_path, head + rows, columns={"ward": "indicator_part"})
    assert found == {("own/LVA/visits, A", "2020"): (5, 5), ("own/LVA/visits, B", "2020"): (7, 7)}


def test_a_recipe_reads_the_next_file_of_its_form(tmp_path: Path) -> None:
    options = IntakeOptions(columns={"When": "period", "N": "value"}, constants={"country": "LV", "unit": "persons", "indicator": "visits"}, order="dmy", new=("a",), suppressed=(1, 4))
    recipe = tmp_path / "r.yaml"
    recipe.write_text(format_recipe(options), encoding="utf-8")
    assert read_recipe(recipe) == options
    found, _, _ = _read(tmp_path, "When;N\n03/04/2021;5\n04/04/2021;*\n", **{**options.model_dump(exclude_defaults=True), "new": ()})
    assert found == {("own/LVA/visits", "2021-04-03"): (5, 5), ("own/LVA/visits", "2021-04-04"): (1, 4)}


def test_options_stand_over_a_recipe_and_a_recipe_over_a_profile() -> None:
    low = IntakeOptions(order="mdy", columns={"a": "value", "b": "place"}, constants={"unit": "kg"})
    high = IntakeOptions(order="dmy", columns={"a": "period"})
    assert high.over(low) == IntakeOptions(order="dmy", columns={"a": "period", "b": "place"}, constants={"unit": "kg"})
